// SPDX-License-Identifier: Apache-2.0
#include "control/router.h"

#include <string>

#include "gtest/gtest.h"

namespace writ {
namespace {

RequestHead Head(std::string method, std::string path, std::string query,
                 std::string action, std::string version) {
  RequestHead head;
  head.method = std::move(method);
  head.raw_path = std::move(path);
  head.raw_query = std::move(query);
  if (!action.empty()) head.headers.push_back({"x-acs-action", action});
  if (!version.empty()) head.headers.push_back({"x-acs-version", version});
  return head;
}

TEST(Router, EveryRowOfTheTableIsFoundByItsOwnHead) {
  for (const Operation& row : kOperations) {
    std::string path(row.path);
    const size_t open = path.find('{');
    if (open != std::string::npos) {
      path.replace(open, path.find('}') - open + 1, "name");
    }
    const RouteMatch match =
        Router::Match(Head(std::string(row.method), path, "",
                           std::string(row.name), std::string(row.version)));
    ASSERT_TRUE(match.ok()) << row.name << ": " << match.error.message;
    EXPECT_EQ(match.operation->id, row.id) << row.name;
    EXPECT_EQ(Router::IsInvocation(match),
              row.id == OperationId::kInvokeFunction);
  }
}

TEST(Router, ReadsPathAndQueryDecoded) {
  const RouteMatch match =
      Router::Match(Head("GET", "/2023-03-30/functions/f%2A+1",
                         "qualifier=a+b%20c&x", "GetFunction", "2023-03-30"));
  ASSERT_TRUE(match.ok());
  EXPECT_EQ(match.parameters.Get("functionName"), "f*+1");
  EXPECT_EQ(match.parameters.Get("qualifier"), "a b c");
  EXPECT_NE(match.parameters.Find("x"), nullptr);
}

struct BadHead {
  RequestHead head;
  int status;
  std::string code;
};

TEST(Router, RefusesWhatHasNoRow) {
  const BadHead cases[] = {
      {Head("GET", "/2023-03-30/nothing", "", "X", "2023-03-30"), 404,
       "PathNotSupported"},
      {Head("GET", "/2023-03-30/functions/", "", "X", "2023-03-30"), 404,
       "PathNotSupported"},
      {Head("GET", "/2023-03-30/functions/f/code/x", "", "X", "2023-03-30"),
       404, "PathNotSupported"},
      {Head("PATCH", "/2023-03-30/functions/f", "", "X", "2023-03-30"), 405,
       "MethodNotAllowed"},
      {Head("POST", "/", "", "NoSuchAction", "2015-05-01"), 404,
       "InvalidAction.NotFound"},
      {Head("POST", "/", "", "CreateUser", "2015-04-01"), 404,
       "InvalidAction.NotFound"},
      {Head("POST", "/", "", "CreateUser", "2016-01-01"), 404,
       "InvalidVersion"},
      {Head("PUT", "/", "", "CreateUser", "2015-05-01"), 405,
       "MethodNotAllowed"},
      {Head("POST", "/x", "", "CreateUser", "2015-05-01"), 404,
       "InvalidPath.NotFound"},
      {Head("GET", "/2023-03-30/functions/f", "", "DeleteFunction",
            "2023-03-30"),
       400, "InvalidArgument"},
      {Head("GET", "/2023-03-30/functions/f", "", "GetFunction", "2021-04-06"),
       400, "InvalidArgument"},
      {Head("POST", "/", "UserName=a&UserName=b", "GetUser", "2015-05-01"), 400,
       "InvalidParameter"},
      {Head("POST", "/", "UserName=%zz", "GetUser", "2015-05-01"), 400,
       "InvalidParameter"},
      {Head("POST", "/", "UserName=%ff", "GetUser", "2015-05-01"), 400,
       "InvalidParameter"},
      {Head("POST", "/", "UserName=a%00b", "GetUser", "2015-05-01"), 400,
       "InvalidParameter"},
      {Head("GET", "/2023-03-30/functions/f%00", "", "GetFunction",
            "2023-03-30"),
       400, "InvalidArgument"},
  };
  for (const BadHead& test : cases) {
    const RouteMatch match = Router::Match(test.head);
    EXPECT_FALSE(match.ok()) << test.head.raw_path;
    EXPECT_EQ(match.error.http_status, test.status) << test.head.raw_path;
    EXPECT_EQ(match.error.code, test.code) << test.head.raw_path;
  }
}

TEST(Router, AnActionHeaderThatStandsTwiceNamesNothing) {
  RequestHead head = Head("POST", "/", "", "GetUser", "2015-05-01");
  head.headers.push_back({"x-acs-action", "CreateUser"});
  EXPECT_EQ(Router::Match(head).error.http_status, 404);
}

}  // namespace
}  // namespace writ
