writ_test(grant_test grant_test.cc LIBS writ_grant writ_crypto)
