writ_test(grant_test grant_test.cc LIBS writ_grant writ_crypto)
writ_test(http_server_test http_server_test.cc
  LIBS writ_http_server writ_crypto OpenSSL::SSL)
