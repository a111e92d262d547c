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

constexpr std::string_view kInspect = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "What policies and program images hold",
  "type": "object",
  "required": ["schema_version", "files"],
  "properties": {
    "schema_version": {"const": 1},
    "files": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["file", "is"],
        "properties": {
          "file": {"type": "string"},
          "is": {"enum": ["policies", "program"]},
          "language": {"enum": ["json", "writ"]},
          "valid": {"type": "boolean"},
          "tests": {"type": "integer"},
          "policies": {"type": "array", "items": {"$ref": "#/$defs/policy"}},
          "program": {"$ref": "#/$defs/program"},
          "refused": {
            "type": "string",
            "description": "why the image did not pass the verifier"
          }
        }
      }
    }
  },
  "$defs": {
    "names": {"type": "array", "items": {"type": "string"}},
    "policy": {
      "type": "object",
      "properties": {
        "name": {"type": "string"},
        "kind": {
          "enum": ["identity", "resource", "trust", "session", "control"]
        },
        "kind_was_guessed": {"type": "boolean"},
        "statements": {"type": "integer"},
        "allows": {"type": "integer"},
        "denies": {"type": "integer"},
        "conditions": {
          "type": "integer",
          "description": "statements that have one"
        },
        "services": {"$ref": "#/$defs/names"},
        "actions": {"$ref": "#/$defs/names"},
        "resources": {"$ref": "#/$defs/names"},
        "principals": {"$ref": "#/$defs/names"},
        "condition_keys": {"$ref": "#/$defs/names"},
        "wildcards": {
          "type": "object",
          "additionalProperties": {"type": "integer"}
        },
        "characters": {
          "type": "integer",
          "description": "of the minified JSON"
        },
        "limit": {"type": "integer", "description": "of RAM, for the kind"},
        "sha256": {"type": "string", "description": "of the minified JSON"}
      }
    },
    "program": {
      "type": "object",
      "properties": {
        "verified": {"const": true},
        "format": {"type": "string"},
        "semantics": {"type": "integer"},
        "bytes": {"type": "integer"},
        "limit": {"type": "integer"},
        "hot_bytes": {
          "type": "integer",
          "description": "of the sections that an indexed decision reads"
        },
        "cold_bytes": {"type": "integer"},
        "bytes_per_statement": {"type": "integer"},
        "hot_bytes_per_statement": {"type": "integer"},
        "policies": {"type": "integer"},
        "statements": {"type": "integer"},
        "indexed": {"type": "boolean"},
        "worst_steps": {"type": "integer"},
        "step_limit": {"type": "integer"},
        "unit_steps": {
          "type": "array",
          "items": {"type": "integer"},
          "description": "the worst request of each unit; of each policy when there is no index"
        },
        "sha256": {"type": "string"},
        "sections": {
          "type": "array",
          "items": {
            "type": "object",
            "properties": {
              "name": {"type": "string"},
              "heat": {"enum": ["hot", "cold"]},
              "records": {"type": "integer"},
              "bytes": {"type": "integer"}
            }
          }
        }
      }
    }
  }
}
)json";

constexpr std::string_view kVersion = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "The version of a build of writ",
  "type": "object",
  "required": ["schema_version", "version", "language", "ram",
               "program_format", "semantics", "catalogue_services"],
  "properties": {
    "schema_version": {"const": 1},
    "version": {"type": "string"},
    "commit": {
      "type": "string",
      "description": "only when the build was told"
    },
    "language": {"type": "integer", "description": "of the Writ language"},
    "ram": {"type": "string", "description": "of RAM policies"},
    "program_format": {"type": "string"},
    "semantics": {"type": "integer"},
    "catalogue_services": {"type": "integer"}
  }
}
)json";

constexpr std::string_view kRoundtrip = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Whether policies come back from the Writ language",
  "type": "object",
  "required": ["schema_version", "policies"],
  "properties": {
    "schema_version": {"const": 1},
    "policies": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["file", "policy", "statements", "identical",
                     "differences"],
        "properties": {
          "file": {"type": "string"},
          "policy": {"type": "string"},
          "statements": {"type": "integer"},
          "identical": {"type": "boolean"},
          "obstacle": {
            "type": "string",
            "description": "why there was no way back"
          },
          "differences": {
            "type": "array",
            "items": {
              "type": "object",
              "required": ["pointer", "before", "after"],
              "properties": {
                "pointer": {"type": "string"},
                "before": {"type": "string"},
                "after": {"type": "string"}
              }
            }
          }
        }
      }
    }
  }
}
)json";

constexpr std::string_view kFix = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "What was fixed in policies, and what was not",
  "type": "object",
  "required": ["schema_version", "dry_run", "files"],
  "properties": {
    "schema_version": {"const": 1},
    "dry_run": {"type": "boolean", "description": "nothing was written"},
    "files": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["path", "changed", "applied", "refused", "requests",
                     "findings_left"],
        "properties": {
          "path": {"type": "string"},
          "changed": {"type": "boolean"},
          "applied": {
            "type": "array",
            "items": {
              "type": "object",
              "required": ["rule", "line", "title", "automatic"],
              "properties": {
                "rule": {"type": "string"},
                "line": {"type": "integer", "minimum": 1},
                "title": {"type": "string"},
                "automatic": {
                  "type": "boolean",
                  "description": "the meaning of the policy is kept"
                }
              }
            }
          },
          "refused": {
            "type": "array",
            "items": {
              "type": "object",
              "required": ["rule", "line", "title", "reason"],
              "properties": {
                "rule": {"type": "string"},
                "line": {"type": "integer", "minimum": 1},
                "title": {"type": "string"},
                "reason": {"type": "string"},
                "witness": {
                  "type": "string",
                  "description": "a request that would be decided otherwise"
                }
              }
            }
          },
          "requests": {
            "type": "integer", "minimum": 0,
            "description": "requests that are decided as before"
          },
          "findings_left": {"type": "integer", "minimum": 0}
        }
      }
    }
  }
}
)json";

constexpr std::string_view kTest = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "What tests of policies came to",
  "type": "object",
  "required": ["schema_version", "tests", "expectations", "failed", "files"],
  "properties": {
    "schema_version": {"const": 1},
    "tests": {"type": "integer", "minimum": 0},
    "expectations": {"type": "integer", "minimum": 0},
    "failed": {
      "type": "integer", "minimum": 0,
      "description": "expectations that are not met"
    },
    "files": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["file", "tests"],
        "properties": {
          "file": {"type": "string"},
          "tests": {
            "type": "array",
            "items": {
              "type": "object",
              "required": ["name", "passed", "expectations"],
              "properties": {
                "name": {"type": "string"},
                "passed": {"type": "boolean"},
                "expectations": {
                  "type": "array", "items": {"$ref": "#/$defs/expectation"}
                }
              }
            }
          }
        }
      }
    },
    "mutation": {
      "type": "object",
      "description": "with --mutate",
      "required": ["score", "possible", "killed", "survived", "equivalent",
                   "invalid", "survivors"],
      "properties": {
        "score": {"type": "number", "minimum": 0, "maximum": 100},
        "possible": {
          "type": "integer", "minimum": 0,
          "description": "changes there are; large policies are sampled"
        },
        "killed": {"type": "integer", "minimum": 0},
        "survived": {"type": "integer", "minimum": 0},
        "equivalent": {"type": "integer", "minimum": 0},
        "invalid": {"type": "integer", "minimum": 0},
        "survivors": {
          "type": "array",
          "items": {
            "type": "object",
            "required": ["file", "line", "column", "policy", "change"],
            "properties": {
              "file": {"type": "string"},
              "line": {"type": "integer", "minimum": 1},
              "column": {"type": "integer", "minimum": 1},
              "policy": {"type": "string"},
              "change": {"type": "string"}
            }
          }
        }
      }
    }
  },
  "$defs": {
    "expectation": {
      "type": "object",
      "required": ["line", "column", "principal", "question", "expected",
                   "decided", "by", "passed"],
      "properties": {
        "line": {"type": "integer", "minimum": 1},
        "column": {"type": "integer", "minimum": 1},
        "pointer": {"type": "string", "description": "in a JSON file"},
        "principal": {"type": "string"},
        "question": {"type": "string"},
        "expected": {"type": "string"},
        "decided": {"type": "string"},
        "by": {
          "type": "array", "items": {"type": "string"},
          "description": "the statements that decided"
        },
        "passed": {"type": "boolean"},
        "message": {"type": "string", "description": "when not passed"},
        "notes": {"type": "array", "items": {"type": "string"}}
      }
    }
  }
}
)json";

constexpr std::string_view kEval = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "One decision; with --cases one a line",
  "type": "object",
  "required": ["id"],
  "oneOf": [
    {"required": ["decision", "layer", "reason", "statements"]},
    {"required": ["error"]}
  ],
  "properties": {
    "line": {"type": "integer", "description": "of a case that has no id"},
    "error": {"description": "why nothing was decided"},
    "trace": {"description": "with --explain"},
    "id": {"description": "of the case; null for a single request"},
    "decision": {"enum": ["ALLOW", "IMPLICIT_DENY", "EXPLICIT_DENY"]},
    "layer": {"type": "string"},
    "reason": {"type": "string"},
    "statements": {
      "type": "array",
      "description": "those that decided, as positions from 0",
      "items": {
        "type": "object",
        "required": ["policy", "statement"],
        "properties": {
          "policy": {"type": "integer", "minimum": 0},
          "statement": {"type": "integer", "minimum": 0}
        }
      }
    }
  }
}
)json";

constexpr std::string_view kBench = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "What a decision costs",
  "type": "object",
  "required": ["engine", "S", "ns", "p50", "p99", "requests", "checked",
               "mismatches", "allows", "buildMs", "imageBytes"],
  "additionalProperties": {"type": "number", "minimum": 0},
  "properties": {
    "engine": {"const": "writ"},
    "S": {"type": "integer", "description": "statements"},
    "ns": {
      "type": "number",
      "description": "processor time of one decision, from the texts of a request to all its statements: the mean over all requests, the median of the rounds (min, max)"
    },
    "p50": {"type": "number", "description": "ns, of single decisions"},
    "p99": {"type": "number"},
    "requests": {"type": "integer"},
    "checked": {"type": "integer"},
    "mismatches": {"type": "integer"},
    "allows": {"type": "integer"},
    "determining": {
      "type": "integer", "description": "statements named by all decisions"
    },
    "decided": {"type": "integer", "description": "decisions timed"},
    "buildMs": {"type": "number", "description": "from trees to the image"},
    "loadMs": {"type": "number", "description": "checksum and verifier"},
    "imageBytes": {"type": "integer"},
    "hotBytes": {
      "type": "integer", "description": "of what a decision reads"
    }
  }
}
)json";

constexpr std::string_view kCompile = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "What --prove shows of a program",
  "type": "object",
  "required": ["file", "proved"],
  "properties": {
    "file": {"type": "string"},
    "proved": {
      "type": "boolean", "description": "image and policies decide alike"
    },
    "status": {
      "enum": ["internal", "resource exhausted"],
      "description": "not proved: they differ, or the proof gave up"
    },
    "message": {"type": "string", "description": "where, and what differs"},
    "statements": {"type": "integer", "minimum": 0},
    "atoms": {"type": "integer", "description": "distinct tests"},
    "units": {"type": "integer", "description": "of the index"},
    "obligations": {"type": "integer", "description": "equalities shown"},
    "diagramNodes": {"type": "integer"},
    "automataStates": {"type": "integer"},
    "steps": {"type": "integer", "description": "work of the proof"},
    "imageBytes": {"type": "integer"},
    "compileMs": {"type": "number"},
    "verifyMs": {"type": "number"},
    "proveMs": {"type": "number"}
  }
}
)json";

constexpr std::string_view kReplay = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Recorded decisions, decided again",
  "type": "object",
  "required": ["schema_version", "differences", "records", "decided", "other_bundles", "lookups",
               "masked", "cut", "without_session", "damaged",
               "differing"],
  "properties": {
    "schema_version": {"const": 1},
    "records": {"type": "integer", "minimum": 0},
    "decided": {
      "type": "integer", "minimum": 0, "description": "again; the others:"
    },
    "other_bundles": {"type": "integer", "minimum": 0},
    "lookups": {"type": "integer", "minimum": 0},
    "masked": {
      "type": "integer", "minimum": 0,
      "description": "the bundle reads what is hidden"
    },
    "cut": {"type": "integer", "minimum": 0},
    "without_session": {"type": "integer", "minimum": 0},
    "damaged": {
      "type": "integer", "minimum": 0,
      "description": "last lines of a file that are not whole"
    },
    "differing": {"type": "integer", "minimum": 0},
    "differences": {
      "type": "array",
      "description": "the first twenty",
      "items": {
        "type": "object",
        "required": ["file", "line", "id", "members", "was", "is"],
        "properties": {
          "file": {"type": "string"},
          "line": {"type": "integer", "minimum": 1},
          "id": {"type": "string", "description": "of the record"},
          "members": {
            "type": "array",
            "items": {
              "enum": ["verdict", "layer", "reason", "resource", "statements"]
            }
          },
          "was": {"type": "string", "description": "what is recorded"},
          "is": {"type": "string"}
        }
      }
    }
  }
}
)json";

constexpr std::string_view kBacktest = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "What another bundle would change",
  "type": "object",
  "required": ["schema_version", "bundle", "changes", "records", "decided", "other_bundles", "lookups",
               "masked", "cut", "without_session", "damaged",
               "newly_allowed", "newly_denied", "same_for_another_reason",
               "ungrouped"],
  "properties": {
    "schema_version": {"const": 1},
    "bundle": {
      "type": "object",
      "required": ["digest", "revision"],
      "properties": {
        "digest": {"type": "string"},
        "revision": {"type": "integer", "minimum": 0}
      }
    },
    "records": {"type": "integer", "minimum": 0},
    "decided": {
      "type": "integer", "minimum": 0, "description": "again; the others:"
    },
    "other_bundles": {"type": "integer", "minimum": 0},
    "lookups": {"type": "integer", "minimum": 0},
    "masked": {
      "type": "integer", "minimum": 0,
      "description": "the bundle reads what is hidden"
    },
    "cut": {"type": "integer", "minimum": 0},
    "without_session": {"type": "integer", "minimum": 0},
    "damaged": {
      "type": "integer", "minimum": 0,
      "description": "last lines of a file that are not whole"
    },
    "newly_allowed": {"type": "integer", "minimum": 0},
    "newly_denied": {"type": "integer", "minimum": 0},
    "same_for_another_reason": {"type": "integer", "minimum": 0},
    "ungrouped": {
      "type": "integer", "minimum": 0,
      "description": "changes beyond ten thousand kinds"
    },
    "changes": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["change", "principal", "action", "resource", "count",
                     "before", "after", "records"],
        "properties": {
          "change": {"enum": ["newly-allowed", "newly-denied"]},
          "principal": {
            "type": "string", "description": "of a role, all sessions"
          },
          "action": {"type": "string"},
          "resource": {
            "type": "string", "description": "up to its first slash"
          },
          "count": {"type": "integer", "minimum": 1},
          "before": {"type": "string"},
          "after": {"type": "string"},
          "records": {
            "type": "array", "items": {"type": "string"},
            "description": "the first three"
          }
        }
      }
    }
  }
}
)json";

constexpr std::string_view kBundle = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "What a bundle says of itself, or how two differ",
  "type": "object",
  "required": ["schema_version", "action"],
  "properties": {
    "schema_version": {"const": 1},
    "action": {"enum": ["inspect", "diff"]},
    "bundle": {"$ref": "#/$defs/bundle"},
    "before": {"$ref": "#/$defs/bundle"},
    "after": {"$ref": "#/$defs/bundle"},
    "same": {
      "type": "boolean",
      "description": "nothing changed but perhaps revision and end"
    },
    "changes": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["change", "subject", "name"],
        "properties": {
          "change": {"enum": ["added", "removed", "changed"]},
          "subject": {
            "enum": ["account", "attachment", "bucket", "control", "policy",
                     "resource", "role", "user"]
          },
          "name": {"type": "string"},
          "before": {"type": "string"},
          "after": {"type": "string"}
        }
      }
    }
  },
  "$defs": {
    "bundle": {
      "type": "object",
      "required": ["digest", "revision", "accounts", "principals", "policies",
                   "statements", "directoryBytes", "directoryDigest",
                   "programBytes", "programDigest", "keyIds"],
      "properties": {
        "digest": {"type": "string", "description": "its name: SHA-256"},
        "revision": {"type": "integer", "minimum": 0},
        "notAfter": {"type": "string"},
        "accounts": {"type": "integer", "minimum": 0},
        "principals": {"type": "integer", "minimum": 0},
        "policies": {"type": "integer", "minimum": 0},
        "statements": {"type": "integer", "minimum": 0},
        "directoryBytes": {"type": "integer", "minimum": 0},
        "directoryDigest": {"type": "string"},
        "programBytes": {"type": "integer", "minimum": 0},
        "programDigest": {"type": "string"},
        "keyIds": {
          "type": "array", "items": {"type": "string"},
          "description": "of signatures, which nobody verified"
        }
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
    {"fix", kFix},
    {"test", kTest},
    {"eval", kEval},
    {"explain", kEval},
    {"bench", kBench},
    {"bundle", kBundle},
    {"compile", kCompile},
    {"replay", kReplay},
    {"backtest", kBacktest},
    {"roundtrip", kRoundtrip},
    {"inspect", kInspect},
    {"version", kVersion},
};

}  // namespace

std::string_view JsonSchemaOf(std::string_view command) {
  for (const CommandSchema& row : kSchemas) {
    if (row.command == command) return row.schema;
  }
  return "";
}

}  // namespace writ
