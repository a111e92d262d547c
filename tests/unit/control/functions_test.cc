// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "crypto/base64.h"
#include "crypto/hex.h"
#include "gtest/gtest.h"
#include "tests/unit/control/platform.h"

namespace writ::testing {
namespace {

Draft Create(const Platform& platform, const Json& body) {
  return platform.Fc("CreateFunction", "POST", "/functions", body);
}

Draft Get(const Platform& platform, const std::string& name) {
  return platform.Fc("GetFunction", "GET", "/functions/" + name);
}

Draft Update(const Platform& platform, const std::string& name,
             const Json& body) {
  return platform.Fc("UpdateFunction", "PUT", "/functions/" + name, body);
}

// The request that a temporary URL asks for.
RequestHead UrlHead(const std::string& url) {
  RequestHead head;
  head.method = "GET";
  const size_t path = url.find('/', std::string("https://").size());
  const size_t query = url.find('?');
  head.raw_path = url.substr(path, query - path);
  head.raw_query = url.substr(query + 1);
  head.peer_address = "127.0.0.1";
  head.secure_transport = true;
  return head;
}

TEST(Functions, AnswerTheWholeModel) {
  Platform platform;
  Json body = FunctionBody("f1");
  body["environmentVariables"] = {{"COLOR", "blue"}};
  body["description"] = "says hello";
  body["internetAccess"] = true;
  const Json made = platform.Do(Create(platform, body));
  EXPECT_EQ(made["functionName"], "f1");
  EXPECT_EQ(made["functionArn"], platform.FunctionArn("f1"));
  EXPECT_FALSE(made["functionId"].get<std::string>().empty());
  EXPECT_EQ(made["state"], "Active");
  EXPECT_EQ(made["lastUpdateStatus"], "Successful");
  EXPECT_EQ(made["codeSize"], ZipBytes().size());
  EXPECT_EQ(made["timeout"], 3);
  EXPECT_EQ(made["memorySize"], 512);
  EXPECT_EQ(made["cpu"], 0.35);
  EXPECT_EQ(made["environmentVariables"]["COLOR"], "blue");
  EXPECT_EQ(made["internetAccess"], true);
  EXPECT_EQ(made["createdTime"], "2026-12-01T00:00:00Z");
  EXPECT_EQ(platform.Do(Get(platform, "f1")), made);
  EXPECT_EQ(platform.Do(Create(platform, body), 409)["Code"],
            "FunctionAlreadyExists");
}

TEST(Functions, UpdateChangesWhatItNamesAndNothingElse) {
  Platform platform;
  platform.MakeFunction("f1");
  const auto before = platform.directory->FindFunction(platform.account, "f1");
  const Json updated = platform.Do(
      Update(platform, "f1", {{"timeout", 60}, {"description", nullptr}}));
  EXPECT_EQ(updated["timeout"], 60);
  EXPECT_EQ(updated["handler"], "index.handler");
  const auto after = platform.directory->FindFunction(platform.account, "f1");
  EXPECT_GT(after->revision, before->revision);
  EXPECT_EQ(after->timeout_seconds, 60u);
  EXPECT_EQ(after->code_sha256, before->code_sha256);
  EXPECT_EQ(
      platform.Do(Update(platform, "nope", {{"timeout", 60}}), 404)["Code"],
      "FunctionNotFound");
}

TEST(Functions, NewCodeReplacesTheOldPackage) {
  Platform platform;
  platform.MakeFunction("f1");
  const auto before = platform.directory->FindFunction(platform.account, "f1");
  const std::string zip = ZipBytes("other code");
  const Json updated = platform.Do(
      Update(platform, "f1", {{"code", {{"zipFile", Base64Encode(zip)}}}}));
  EXPECT_EQ(updated["codeSize"], zip.size());
  const auto after = platform.directory->FindFunction(platform.account, "f1");
  EXPECT_NE(after->code_sha256, before->code_sha256);
  const std::string old = HexEncode(before->code_sha256);
  EXPECT_FALSE(platform.artifacts->Contains(platform.account, old));
}

TEST(Functions, PackageSharedByTwoFunctionsOutlivesOne) {
  Platform platform;
  platform.MakeFunction("f1");
  platform.MakeFunction("f2");
  const auto entry = platform.directory->FindFunction(platform.account, "f2");
  const std::string digest = HexEncode(entry->code_sha256);
  const HttpResponse gone = platform.Send(
      platform.Fc("DeleteFunction", "DELETE", "/functions/f1"), platform.root);
  EXPECT_EQ(gone.status, 204);
  EXPECT_TRUE(gone.body.empty());
  EXPECT_TRUE(platform.artifacts->Contains(platform.account, digest));
  platform.Send(platform.Fc("DeleteFunction", "DELETE", "/functions/f2"),
                platform.root);
  EXPECT_FALSE(platform.artifacts->Contains(platform.account, digest));
  platform.Do(Get(platform, "f1"), 404);
}

TEST(Functions, ChecksumIsCompared) {
  Platform platform;
  Json body = FunctionBody("f1");
  body["code"]["checksum"] = "1";
  EXPECT_EQ(platform.Do(Create(platform, body), 400)["Code"],
            "InvalidArgument");
  platform.Do(Get(platform, "f1"), 404);
  platform.MakeFunction("f2");
  body["code"]["checksum"] = platform.Do(Get(platform, "f2"))["codeChecksum"];
  platform.Do(Create(platform, body));
}

TEST(Functions, BadBodiesAreRefusedByName) {
  Platform platform;
  struct Case {
    const char* member;
    Json value;
  };
  const Case cases[] = {
      {"runtime", "nodejs20"},
      {"handler", "nodot"},
      {"timeout", 0},
      {"timeout", 86401},
      {"memorySize", 129},
      {"memorySize", 64},
      {"cpu", 0.07},
      {"diskSize", 600},
      {"instanceConcurrency", 201},
      {"role", "acs:ram::1:role/x"},
      {"layers", {"acs:fc:r:1:layers/l/versions/1"}},
      {"vpcConfig", {{"vpcId", "v"}}},
      {"noSuchMember", 1},
      {"environmentVariables", {{"FC_X", "1"}}},
      {"environmentVariables", {{"1X", "1"}}},
      {"environmentVariables", {{"X", std::string(5000, 'x')}}},
      {"instanceIsolationMode", "SESSION_EXCLUSIVE"},
      {"customRuntimeConfig", {{"port", 8080}}},
      {"description", 7},
  };
  for (const Case& test : cases) {
    Json body = FunctionBody("f1");
    body[test.member] = test.value;
    const Json refused = platform.Do(Create(platform, body), 400);
    EXPECT_EQ(refused["Code"], "InvalidArgument") << test.member;
    EXPECT_NE(refused["Message"].get<std::string>().find(test.member),
              std::string::npos)
        << refused["Message"];
  }
  platform.Do(Get(platform, "f1"), 404);
}

TEST(Functions, CodeMustBeAZipInBase64) {
  Platform platform;
  for (const std::string& zip :
       {std::string("!!!"), Base64Encode("not a zip"), std::string()}) {
    Json body = FunctionBody("f1");
    body["code"]["zipFile"] = zip;
    EXPECT_EQ(platform.Do(Create(platform, body), 400)["Code"],
              "InvalidArgument");
  }
  Json body = FunctionBody("f1");
  body["code"] = {{"ossBucketName", "b"}, {"ossObjectName", "o"}};
  EXPECT_EQ(platform.Do(Create(platform, body), 400)["Code"],
            "InvalidArgument");
  body.erase("code");
  platform.Do(Create(platform, body), 400);
}

TEST(Functions, MembersThatSayNothingAreAccepted) {
  Platform platform;
  Json body = FunctionBody("f1");
  body["role"] = "";
  body["layers"] = Json::array();
  body["logConfig"] = {{"project", ""}, {"enableRequestMetrics", false}};
  body["instanceIsolationMode"] = "SHARE";
  platform.Do(Create(platform, body));
}

TEST(Functions, DuplicateMembersAreRefused) {
  Platform platform;
  Draft draft = Create(platform, FunctionBody("f1"));
  draft.body.insert(1, "\"functionName\":\"f2\",");
  EXPECT_EQ(platform.Do(draft, 400)["Code"], "InvalidArgument");
}

TEST(Functions, NamesFollowTheRule) {
  Platform platform;
  for (const char* name : {"1a", "-a", "a b", "a/b", ""}) {
    EXPECT_EQ(platform.Do(Create(platform, FunctionBody(name)), 400)["Code"],
              "InvalidArgument")
        << name;
  }
  platform.Do(Create(platform, FunctionBody(std::string(65, 'a'))), 400);
  platform.Do(Create(platform, FunctionBody("_" + std::string(63, 'a'))));
}

TEST(Functions, AreListedByPageAndPrefix) {
  Platform platform;
  for (const char* name : {"b2", "a1", "b1", "b3"}) platform.MakeFunction(name);
  const auto list = [&](const std::string& query) {
    return platform.Do(
        platform.Fc("ListFunctions", "GET", "/functions" + query));
  };
  EXPECT_EQ(list("")["functions"].size(), 4u);
  const Json first = list("?prefix=b&limit=2");
  ASSERT_EQ(first["functions"].size(), 2u);
  EXPECT_EQ(first["functions"][0]["functionName"], "b1");
  const Json second = list("?prefix=b&limit=2&nextToken=" +
                           first["nextToken"].get<std::string>());
  ASSERT_EQ(second["functions"].size(), 1u);
  EXPECT_EQ(second["functions"][0]["functionName"], "b3");
  EXPECT_FALSE(second.contains("nextToken"));
  platform.Do(platform.Fc("ListFunctions", "GET", "/functions?limit=101"), 400);
  platform.Do(platform.Fc("ListFunctions", "GET", "/functions?nextToken=zz"),
              400);
}

TEST(Functions, StartGetsTheEnvironmentOfItsRevisionOnly) {
  Platform platform;
  Json body = FunctionBody("f1");
  body["environmentVariables"] = {{"COLOR", "blue"}};
  body["runtime"] = "custom.debian12";
  body["customRuntimeConfig"] = {
      {"command", {"/code/server"}}, {"args", {"-v"}}, {"port", 8080}};
  platform.Do(Create(platform, body));
  const auto entry = platform.directory->FindFunction(platform.account, "f1");
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->runtime, "custom");
  const auto start = platform.directory->GetFunctionForStart(
      platform.account, "f1", entry->revision);
  ASSERT_TRUE(start.ok());
  EXPECT_EQ(start->environment.at("COLOR").text(), "blue");
  EXPECT_EQ(start->command, (std::vector<std::string>{"/code/server", "-v"}));
  EXPECT_EQ(start->port, 8080u);
  platform.Do(Update(platform, "f1", {{"timeout", 9}}));
  EXPECT_EQ(platform.directory
                ->GetFunctionForStart(platform.account, "f1", entry->revision)
                .status()
                .code(),
            StatusCode::kNotFound);
}

TEST(Functions, QualifierIsPartOfWhatIsDecided) {
  Platform platform;
  platform.MakeFunction("f1");
  platform.Do(
      platform.Fc("GetFunction", "GET", "/functions/f1?qualifier=LATEST"));
  EXPECT_EQ(platform.Do(
                platform.Fc("GetFunction", "GET", "/functions/f1?qualifier=3"),
                404)["Code"],
            "VersionNotFound");
  const Signer alice = platform.MakeUser("alice");
  platform.Grant("alice", "p",
                 {{"Effect", "Allow"},
                  {"Action", "fc:GetFunction"},
                  {"Resource", platform.FunctionArn("f1")}});
  platform.DoAs(alice, Get(platform, "f1"), 200);
  platform.DoAs(
      alice, platform.Fc("GetFunction", "GET", "/functions/f1?qualifier=prod"),
      403);
}

TEST(Code, ComesByATemporaryUrlExactlyAsUploaded) {
  Platform platform;
  const std::string zip = ZipBytes(std::string(3 << 20, 'z'));
  Json body = FunctionBody("f1");
  body["code"]["zipFile"] = Base64Encode(zip);
  platform.Do(Create(platform, body));
  const Json code =
      platform.Do(platform.Fc("GetFunctionCode", "GET", "/functions/f1/code"));
  EXPECT_EQ(code["checksum"], platform.Do(Get(platform, "f1"))["codeChecksum"]);
  const auto url = code["url"].get<std::string>();
  const HttpResponse download = platform.SendHead(UrlHead(url), "");
  EXPECT_EQ(download.status, 200);
  EXPECT_TRUE(download.body == zip);
  bool no_store = false;
  for (const HeaderField& field : download.headers) {
    no_store |= field.name == "cache-control" && field.value == "no-store";
  }
  EXPECT_TRUE(no_store);
  EXPECT_EQ(platform.Audit(1)[0]["Operation"], "GetArtifact");

  std::string altered = url;
  altered.back() = altered.back() == '0' ? '1' : '0';
  EXPECT_EQ(platform.SendHead(UrlHead(altered), "").status, 403);
  platform.clock.Advance(std::chrono::seconds(601));
  EXPECT_EQ(platform.SendHead(UrlHead(url), "").status, 403);
}

TEST(Status, TellsRevisionAndRoles) {
  Platform platform;
  Draft draft;
  draft.method = "GET";
  draft.path = "/writ/v1/status";
  draft.action = "GetStatus";
  draft.version = "2026-11-01";
  const Json status = platform.Do(draft);
  EXPECT_EQ(status["Revision"], platform.store->revision());
  EXPECT_EQ(status["AccountId"], platform.account);
  EXPECT_EQ(status["Roles"][0]["Pid"], 17);
  const Signer alice = platform.MakeUser("alice");
  platform.DoAs(alice, draft, 403);
}

TEST(Status, AuditTrailIsReadNewestFirstInPages) {
  Platform platform;
  platform.MakeUser("alice");
  Draft draft;
  draft.method = "GET";
  draft.path = "/writ/v1/audit";
  draft.query = "limit=2";
  draft.action = "ListAuditRecords";
  draft.version = "2026-11-01";
  const Json page = platform.Do(draft);
  ASSERT_EQ(page["Records"].size(), 2u);
  EXPECT_EQ(page["Records"][0]["Operation"], "CreateAccessKey");
  EXPECT_EQ(page["Records"][0]["Verdict"], "ALLOW");
  EXPECT_EQ(page["Records"][0]["Principal"],
            "acs:ram::" + platform.account + ":root");
  const auto last = page["Records"][1]["Sequence"].get<uint64_t>();
  draft.query = "limit=1&before=" + std::to_string(last);
  EXPECT_EQ(platform.Do(draft)["Records"][0]["Sequence"], last);
  draft.query = "limit=0";
  platform.Do(draft, 400);
}

}  // namespace
}  // namespace writ::testing
