// SPDX-License-Identifier: Apache-2.0
#include "tests/support/request_values.h"

#include <algorithm>

namespace writ::reference {

const std::vector<Texts>& Numbers() {
  static const std::vector<Texts> rows = {
      {"-1e3", "-1000", "-1000.0"},  {"-0.5", "-5e-1"},
      {"0", "-0", "0.0", "0e7"},     {"0.1", "0.10", "1e-1"},
      {"1", "1.0", "10e-1"},         {"9.99"},
      {"10", "1e1", "10.0", "1E+1"}, {"9007199254740992"},
      {"9007199254740993"},          {"1e40"},
  };
  return rows;
}
const std::vector<Texts>& Dates() {
  static const std::vector<Texts> rows = {
      {"2024-02-29T12:00:00Z"},
      {"2025-12-31T23:59:59.999999999Z"},
      {"2026-01-01T00:00:00Z", "2026-01-01T08:00:00+08:00",
       "2025-12-31T19:00:00-05:00", "2026-01-01T00:00:00.000Z"},
      {"2026-01-01T00:00:00.000000001Z"},
      {"2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00.500+00:00"},
      {"2026-01-01T00:30:00Z", "2026-01-01T14:00:00+13:30"},
      {"9999-12-31T23:59:59Z"},
  };
  return rows;
}
const std::vector<Texts>& Booleans() {
  static const std::vector<Texts> rows = {{"false", "FALSE", "False"},
                                          {"true", "TRUE", "True"}};
  return rows;
}
const std::vector<Texts>& Addresses() {
  static const std::vector<Texts> rows = {
      {"10.1.2.3", "::ffff:10.1.2.3", "::FFFF:a01:203"},
      {"192.168.0.0"},
      {"192.168.0.255"},
      {"2001:db8::1", "2001:0DB8:0:0:0:0:0:1"},
      {"2001:db9::1"},
      {"::1"},
  };
  return rows;
}
const std::vector<Texts>& Blocks() {
  static const std::vector<Texts> rows = {
      {"10.0.0.0/8", "10.1.2.3", "10.1.2.2/31", "::ffff:10.0.0.0/104",
       "0.0.0.0/0"},
      {"192.168.0.0/24", "192.168.0.0/16"},
      {"192.168.0.128/25", "192.168.0.255/32"},
      {"2001:db8::/32", "2001:db8::1", "::/0"},
      {"2001:db9::/48"},
      {"::1", "::/127"},
  };
  return rows;
}
const Texts& Strings() {
  static const Texts values = {"dev",       "Dev",   "ops",
                               "d",         "",      "a*b",
                               "é",         "É",     "😀",
                               "e\xCC\x81", "日本",  "${acs:UserName}",
                               "a\\b",      "x y z", "Development/a",
                               "10",        "1.0",   "true"};
  return values;
}
const Texts& Unreadable() {
  static const Texts values = {"ten",
                               "0x10",
                               "+1",
                               " 1",
                               "1.",
                               "2026-02-29T00:00:00Z",
                               "2026-01-01T00:00:60Z",
                               "2026-01-01t00:00:00Z",
                               "2026-01-01T00:00:00",
                               "yes",
                               "",
                               "10.0.0.1/8",
                               "10.0.0.01",
                               "1.2.3",
                               "fe80::1%eth0",
                               "99999999999999999999999999999999999",
                               "10000000000000000000000000000000000000000",
                               "0.10000000000000000000000000000000000"};
  return values;
}

const std::vector<Key>& Keys() {
  static const std::vector<Key> keys = {
      {"acs:ResourceTag/team", 's'},
      {"acs:RequestTag/Team", 's'},
      {"oss:Prefix", 's'},
      {"ram:ServiceNames", 's'},
      {"demo:size", 'n'},
      {"demo:Count/max", 'n'},
      {"acs:CurrentTime", 'd'},
      {"demo:since", 'd'},
      {"acs:SecureTransport", 'b'},
      {"acs:MFAPresent", 'b'},
      {"acs:SourceIp", 'i'},
      {"demo:peer", 'i'},
  };
  return keys;
}

bool SameKey(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(),
                    [](char x, char y) { return (x | 32) == (y | 32); });
}

char TypeOf(std::string_view key) {
  for (const Key& known : Keys()) {
    if (SameKey(known.name, key)) return known.type;
  }
  return 's';
}

const std::vector<Texts>& RowsOf(char type) {
  if (type == 'n') return Numbers();
  if (type == 'd') return Dates();
  if (type == 'b') return Booleans();
  return Addresses();
}

}  // namespace writ::reference
