// SPDX-License-Identifier: Apache-2.0
#include "crypto/x509.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

using testing::ElementsAre;

class X509Test : public testing::Test {
 protected:
  Validity Days(int days) const {
    return {clock_.Now(), clock_.Now() + std::chrono::hours(24 * days)};
  }
  FakeClock clock_;
};

TEST_F(X509Test, ServerCertificateHasTheLoopbackNames) {
  const auto authority = MakeCertificateAuthority("Writ CA", Days(3650));
  ASSERT_TRUE(authority.ok());
  const auto server = IssueServerCertificate(*authority, "Writ endpoint",
                                             LoopbackNames(), Days(365));
  ASSERT_TRUE(server.ok()) << server.status().ToString();
  const auto summary = ReadCertificate(server->certificate_pem);
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->subject_common_name, "Writ endpoint");
  EXPECT_EQ(summary->issuer_common_name, "Writ CA");
  EXPECT_FALSE(summary->is_authority);
  EXPECT_EQ(summary->validity.not_before, clock_.Now());
  EXPECT_EQ(summary->validity.not_after,
            clock_.Now() + std::chrono::hours(24 * 365));
  EXPECT_THAT(summary->alternative_names,
              ElementsAre("IP:127.0.0.1", "IP:::1", "DNS:localhost"));
  EXPECT_TRUE(
      VerifyCertificate(*server, authority->certificate_pem, clock_.Now())
          .ok());
}

TEST_F(X509Test, AuthorityIsOneAndItsKeyIsPkcs8) {
  const auto authority = MakeCertificateAuthority("Writ CA", Days(1));
  ASSERT_TRUE(authority.ok());
  EXPECT_TRUE(ReadCertificate(authority->certificate_pem)->is_authority);
  EXPECT_TRUE(authority->private_key_pem.text().starts_with(
      "-----BEGIN PRIVATE KEY-----\n"));
  EXPECT_EQ(authority->certificate_pem.find("PRIVATE"), std::string::npos);
}

TEST_F(X509Test, VerificationRefusesStrangersAndOtherTimes) {
  const auto authority = MakeCertificateAuthority("Writ CA", Days(3650));
  const auto stranger = MakeCertificateAuthority("Writ CA", Days(3650));
  const auto server =
      IssueServerCertificate(*authority, "e", LoopbackNames(), Days(2));
  ASSERT_TRUE(server.ok() && stranger.ok());
  const auto verify = [&](std::string_view pem, WallTime now) {
    return VerifyCertificate(*server, pem, now).code();
  };
  EXPECT_EQ(verify(stranger->certificate_pem, clock_.Now()),
            StatusCode::kUnauthenticated);
  EXPECT_EQ(
      verify(authority->certificate_pem, clock_.Now() + std::chrono::hours(49)),
      StatusCode::kUnauthenticated);
  EXPECT_EQ(
      verify(authority->certificate_pem, clock_.Now() - std::chrono::hours(1)),
      StatusCode::kUnauthenticated);
}

TEST_F(X509Test, VerificationRefusesAForeignKey) {
  const auto authority = MakeCertificateAuthority("Writ CA", Days(2));
  auto server =
      IssueServerCertificate(*authority, "e", LoopbackNames(), Days(2));
  ASSERT_TRUE(server.ok());
  server->private_key_pem = authority->private_key_pem.Clone();
  EXPECT_EQ(VerifyCertificate(*server, authority->certificate_pem, clock_.Now())
                .code(),
            StatusCode::kInvalidArgument);
}

TEST_F(X509Test, IssuingRefusesBadInput) {
  const auto authority = MakeCertificateAuthority("Writ CA", Days(2));
  const auto other = MakeCertificateAuthority("Writ CA", Days(2));
  ASSERT_TRUE(authority.ok() && other.ok());
  const auto code = [&](const CertifiedKey& ca, const ServerNames& names) {
    return IssueServerCertificate(ca, "e", names, Days(1)).status().code();
  };
  EXPECT_EQ(code({.certificate_pem = "no PEM",
                  .private_key_pem = authority->private_key_pem.Clone()},
                 LoopbackNames()),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.certificate_pem = authority->certificate_pem,
                  .private_key_pem = other->private_key_pem.Clone()},
                 LoopbackNames()),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(
      code(*authority, {.ip_addresses = {"127.0.0.1.5"}, .dns_names = {}}),
      StatusCode::kInvalidArgument);
  EXPECT_EQ(code(*authority,
                 {.ip_addresses = {}, .dns_names = {"localhost,IP:10.0.0.1"}}),
            StatusCode::kInvalidArgument);
  EXPECT_FALSE(
      MakeCertificateAuthority("x", {clock_.Now(), clock_.Now()}).ok());
  EXPECT_FALSE(MakeCertificateAuthority("", Days(1)).ok());
}

}  // namespace
}  // namespace writ
