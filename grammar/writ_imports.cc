// SPDX-License-Identifier: Apache-2.0
// A file and what it imports. An imported text hangs behind the first one in
// the same SourceText, so a span says by itself which file it lies in.
#include "grammar/writ_imports.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "grammar/lower_writ.h"
#include "grammar/members.h"
#include "grammar/writ_expected.h"
#include "grammar/writ_syntax.h"

namespace writ {
namespace {

using P = writ_antlr::WritParser;

std::string_view FolderOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view()
                                         : path.substr(0, slash + 1);
}

std::string_view BaseName(std::string_view path) {
  return path.substr(FolderOf(path).size());
}

}  // namespace

std::optional<std::string> ResolveImport(std::string_view folder,
                                         std::string_view path) {
  if (path.empty() || path.front() == '/') return std::nullopt;
  std::vector<std::string_view> parts;
  for (std::string_view rest : {folder, path}) {
    while (!rest.empty()) {
      const size_t slash = rest.find('/');
      const std::string_view part = rest.substr(0, slash);
      rest.remove_prefix(slash == std::string_view::npos ? rest.size()
                                                         : slash + 1);
      if (part.empty() || part == ".") continue;
      if (part != "..") {
        parts.push_back(part);
      } else if (parts.empty()) {
        return std::nullopt;
      } else {
        parts.pop_back();
      }
    }
  }
  std::string out;
  for (std::string_view part : parts) {
    if (!out.empty()) out.push_back('/');
    out += part;
  }
  return out;
}

P::FileContext* WritText::Parse(Diagnostics* diagnostics) {
  if (!tokens_.Read(diagnostics)) return nullptr;
  const std::vector<uint32_t> visible = tokens_.Visible();
  list_ = std::make_unique<antlr4::ListTokenSource>(tokens_.Take());
  stream_ = std::make_unique<antlr4::CommonTokenStream>(list_.get());
  parser_ = std::make_unique<P>(stream_.get());
  parser_->removeErrorListeners();

  std::vector<SyntaxToken> seen;
  seen.reserve(visible.size());
  for (uint32_t i : visible) seen.push_back({tokens_.Kind(i), tokens_.Text(i)});
  SyntaxReader reader(*parser_);
  const std::vector<SyntaxSlip> slips =
      reader.FindSlips(seen, kMaxSyntaxErrors);
  for (const SyntaxSlip& slip : slips) {
    if (!tokens_.MayReport(visible[slip.token])) continue;
    diagnostics->Add(DescribeSlip(slip, tokens_, visible));
  }
  if (!slips.empty() || tokens_.has_findings()) return nullptr;
  return parser_->file();
}

WritReader::WritReader(SourceText* source, const WritImportReader& read,
                       Diagnostics* diagnostics)
    : source_(source),
      read_(read),
      diagnostics_(diagnostics),
      names_(diagnostics),
      root_(FolderOf(source->name())) {}

void WritReader::Refuse(const ast::Text& path, std::string_view why,
                        std::string_view help) {
  names_.Report(DiagnosticId::kImportFailed, path.span,
                {Excerpt(path.text), why, help});
}

WritReader::File* WritReader::Open(const std::string& relative,
                                   const ast::Text& path) {
  const auto known = files_.find(relative);
  if (known != files_.end() && known->second.active) {
    std::string chain;
    const auto begin = std::find(active_.begin(), active_.end(), relative);
    for (auto it = begin; it != active_.end(); ++it) {
      chain += "`" + Excerpt(*it) + "` → ";
    }
    chain += "`" + Excerpt(relative) + "`";
    Refuse(path, "the files import one another: " + chain,
           "move what both need into a third file");
    return nullptr;
  }
  if (known != files_.end()) return &known->second;
  if (files_.size() > kMaxImports) {
    names_.Report(DiagnosticId::kTooMany, path.span,
                  {std::to_string(kMaxImports), "imported files"});
    return nullptr;
  }
  const std::string full = root_ + relative;
  Result<std::string> text = read_(full);
  if (!text.ok()) {
    Refuse(path,
           text.status().code() == StatusCode::kNotFound
               ? "there is no such file"
               : Excerpt(text.status().message()),
           "the path is relative to the file that imports");
    return nullptr;
  }
  if (text.value().size() > kMaxPolicyTextBytes) {
    Refuse(path, "it has " + std::to_string(text.value().size()) + " bytes",
           "at most " + std::to_string(kMaxPolicyTextBytes) + " are read");
    return nullptr;
  }
  File* file = &files_[relative];
  const uint32_t base =
      source_->Append(SourceText(full, std::move(text).value()));
  Load(source_->Find(base).source->text(), base, relative, file);
  return file;
}

void WritReader::LoadImport(P::ImportDeclContext* context,
                            const std::string& importer, File* file) {
  WritModule* module = &file->module;
  const WritScope scope{module, nullptr};
  const ast::Text path = names_.Verbatim(context->STRING(), scope);
  WritImport import;
  import.path = path.text;
  import.span = path.span;
  import.whole = module->places->SpanOf(*context);
  if (context->name() != nullptr) {
    const ast::Text alias = names_.NewName(context->name(), *module);
    import.alias = alias.text;
    for (const WritImport& other : module->imports) {
      if (other.alias != import.alias) continue;
      Diagnostic finding =
          Diagnose(DiagnosticId::kWritDuplicateName, alias.span, "",
                   {"imports", Excerpt(alias.text)});
      finding.others.push_back({other.whole, "first used here"});
      names_.Add(std::move(finding));
    }
  }
  const std::optional<std::string> relative =
      ResolveImport(FolderOf(importer), path.text);
  if (!relative) {
    Refuse(path,
           path.text.empty() ? "the path is empty"
           : path.text.front() == '/'
               ? "the path is absolute"
               : "the path leaves the folder of the first file",
           "imports are relative, and stay below the folder of the file that "
           "is checked");
  } else if (*relative == importer) {
    Refuse(path, "a file cannot import itself", "remove the line");
  } else if (!read_) {
    Refuse(path, "there is no place to read it from",
           "give the text as a file, whose folder says where imports are");
  } else if (File* opened = Open(*relative, path)) {
    import.module = &opened->module;
    for (const WritImport& other : module->imports) {
      if (other.module != import.module) continue;
      Diagnostic finding =
          Diagnose(DiagnosticId::kImportFailed, path.span, "",
                   {Excerpt(path.text), "the file is imported twice",
                    "keep one of the two lines"});
      finding.others.push_back({other.whole, "first imported here"});
      names_.Add(std::move(finding));
    }
    if (opened->module.broken) {
      names_.Report(DiagnosticId::kImportBroken, path.span,
                    {Excerpt(path.text)});
    }
  }
  module->imports.push_back(std::move(import));
}

void WritReader::Load(std::string_view text, uint32_t base,
                      const std::string& relative, File* file) {
  file->active = true;
  active_.push_back(relative);
  file->module.name = relative;
  const bool was_broken = names_.broken();
  names_.set_broken(false);
  WritModule* module = &file->module;
  // ANTLR takes UTF-8 only.
  if (CheckWritBytes(text, base, diagnostics_)) {
    file->text = std::make_unique<WritText>(text, base);
    module->places = &file->text->tokens().places();
    module->tree = file->text->Parse(diagnostics_);
  }
  if (module->tree == nullptr) {
    names_.set_broken(true);
  } else {
    for (P::TopContext* top : module->tree->top()) {
      if (top->importDecl() == nullptr) continue;
      LoadImport(top->importDecl(), relative, file);
      if (names_.exhausted()) break;
    }
    names_.BeginFile();
    names_.Define(module);
    WritLowering(module, &names_).LowerPolicies();
  }
  module->broken = names_.broken();
  names_.set_broken(module->broken || was_broken);
  active_.pop_back();
  file->active = false;
}

void WritReader::Collect(const File& main, WritFile* out) {
  const WritModule& module = main.module;
  out->own_policies = module.policies.size();
  out->policies = module.policies;
  std::map<std::string, Span> names;
  for (const ast::Policy& policy : out->policies) {
    names.emplace(policy.name, policy.name_span);
  }
  for (const WritImport& import : module.imports) {
    if (import.module == nullptr) continue;
    for (ast::Policy policy : import.module->policies) {
      if (!import.alias.empty()) {
        policy.name = import.alias + "." + policy.name;
      }
      const auto [it, is_new] = names.emplace(policy.name, policy.name_span);
      if (!is_new) {
        Diagnostic finding =
            Diagnose(DiagnosticId::kWritDuplicateName, import.span, "",
                     {"policies", Excerpt(policy.name)});
        finding.help = "import the file under a name of its own: `as …`";
        finding.others.push_back({it->second, "one is here"});
        finding.others.push_back({policy.name_span, "the other is here"});
        names_.Add(std::move(finding));
      }
      out->policies.push_back(std::move(policy));
    }
  }
}

std::optional<WritFile> WritReader::Read() {
  const std::string relative(BaseName(source_->name()));
  File* main = &files_[relative];
  Load(source_->text(), 0, relative, main);
  WritModule* module = &main->module;
  if (module->tree == nullptr) return std::nullopt;

  WritFile out;
  Collect(*main, &out);
  out.tests = WritLowering(module, &names_).LowerTests(out.policies);
  if (names_.broken()) return std::nullopt;

  if (module->tree->header() != nullptr) {
    out.header = module->places->SpanOf(*module->tree->header());
  }
  out.comments = main->text->tokens().Comments();
  for (const WritImport& import : module->imports) {
    WritDefinition made;
    made.kind = WritDefinition::Kind::kImport;
    made.name = {import.alias.empty() ? import.path : import.alias,
                 import.span};
    made.span = import.whole;
    made.used = import.used || !import.module->policies.empty();
    out.definitions.push_back(std::move(made));
  }
  for (const WritName& name : module->names) {
    out.definitions.push_back({name.kind, name.name, name.span, name.used});
  }
  std::stable_sort(out.definitions.begin(), out.definitions.end(),
                   [](const WritDefinition& a, const WritDefinition& b) {
                     return a.span.begin < b.span.begin;
                   });
  for (const auto& [path, file] : files_) {
    if (path != relative) out.imports.push_back(root_ + path);
  }
  return out;
}

}  // namespace writ
