// SPDX-License-Identifier: Apache-2.0
#include "cli/json_schema.h"

namespace writ {
namespace {

constexpr std::string_view kFindings = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Findings in policies",
  "type": "object",
  "required": ["schema_version", "errors", "counts", "not_shown", "findings"],
  "properties": {
    "schema_version": {"const": 1},
    "errors": {
      "type": "integer", "minimum": 0,
      "description": "findings that make a policy invalid, shown or not"
    },
    "counts": {
      "type": "object",
      "description": "findings by the level they are reported at",
      "required": ["error", "security", "warning", "suggestion"],
      "additionalProperties": {"type": "integer", "minimum": 0}
    },
    "not_shown": {
      "type": "integer", "minimum": 0,
      "description": "findings beyond the hundred shown of one file"
    },
    "findings": {"type": "array", "items": {"$ref": "#/$defs/finding"}}
  },
  "$defs": {
    "finding": {
      "type": "object",
      "required": ["code", "slug", "level", "rule", "page", "file", "line",
                   "column", "end_line", "end_column", "offset", "length",
                   "pointer", "message", "help", "label", "related", "notes"],
      "properties": {
        "code": {"type": "string", "pattern": "^W-[A-Z]{3}-[0-9]{3}$"},
        "slug": {"type": "string"},
        "level": {"enum": ["error", "security", "warning", "suggestion"]},
        "rule": {"type": "string", "description": "what the rule rests on"},
        "page": {"type": "string", "description": "its documentation page"},
        "file": {"type": "string"},
        "line": {"type": "integer", "minimum": 1},
        "column": {
          "type": "integer", "minimum": 1,
          "description": "in code points, from 1"
        },
        "end_line": {"type": "integer", "minimum": 1},
        "end_column": {
          "type": "integer", "minimum": 1,
          "description": "of the first code point behind"
        },
        "offset": {
          "type": "integer", "minimum": 0,
          "description": "in bytes, from the beginning of the file"
        },
        "length": {"type": "integer", "minimum": 0},
        "pointer": {
          "type": "string",
          "description": "JSON pointer; empty in a .writ file"
        },
        "message": {"type": "string"},
        "help": {"type": "string"},
        "label": {"type": "string"},
        "related": {"type": "array", "items": {"$ref": "#/$defs/place"}},
        "notes": {
          "type": "array",
          "items": {
            "type": "object",
            "required": ["kind", "text"],
            "properties": {
              "kind": {"enum": ["why", "note", "example"]},
              "text": {"type": "string"}
            }
          }
        },
        "fix": {
          "type": "object",
          "required": ["title", "automatic", "edits"],
          "properties": {
            "title": {"type": "string"},
            "automatic": {
              "type": "boolean",
              "description": "claims to keep the meaning of the policy"
            },
            "edits": {"type": "array", "items": {"$ref": "#/$defs/place"}}
          }
        }
      }
    },
    "place": {
      "type": "object",
      "description": "a part of a file; text: a label, or what replaces it",
      "required": ["file", "line", "column", "end_line", "end_column",
                   "offset", "length", "text"],
      "properties": {
        "file": {"type": "string"},
        "line": {"type": "integer", "minimum": 1},
        "column": {"type": "integer", "minimum": 1},
        "end_line": {"type": "integer", "minimum": 1},
        "end_column": {"type": "integer", "minimum": 1},
        "offset": {"type": "integer", "minimum": 0},
        "length": {"type": "integer", "minimum": 0},
        "text": {"type": "string"}
      }
    }
  }
}
)json";

struct CommandSchema {
  std::string_view command;
  std::string_view schema;
};
constexpr CommandSchema kSchemas[] = {
    {"check", kFindings},
    {"lint", kFindings},
};

}  // namespace

std::string_view JsonSchemaOf(std::string_view command) {
  for (const CommandSchema& row : kSchemas) {
    if (row.command == command) return row.schema;
  }
  return "";
}

}  // namespace writ
