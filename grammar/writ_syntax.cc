// SPDX-License-Identifier: Apache-2.0
// Where a text leaves the language, found by a search for the cheapest change.
// Reading is done on sets of states of ANTLR's network, made on demand. When no
// state takes the next token, the search starts from every place a little
// before it, tries to insert, remove and replace tokens, and takes the cheapest
// way that then reads a good part of the text.
#include "grammar/writ_syntax.h"

#include <algorithm>
#include <queue>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>

#include "grammar/members.h"

namespace writ {
namespace {

using P = writ_antlr::WritParser;
using antlr4::atn::ATNState;
using antlr4::atn::RuleTransition;
using antlr4::atn::Transition;

constexpr uint32_t kUnknown = ~uint32_t{0};
constexpr size_t kKinds = 128;
// How far before the stuck token a slip is looked for, and how many tokens must
// be read behind it.
constexpr size_t kBack = 64;
constexpr size_t kAhead = 96;
// Steps that one search may take, and all searches of one text together. A
// fuzzer wants many texts, not good messages about each.
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
constexpr size_t kMostVisits = 300;
constexpr size_t kMostVisitsOfText = 600;
#else
constexpr size_t kMostVisits = 30000;
constexpr size_t kMostVisitsOfText = 300000;
#endif

// Costs. One change must always be cheaper than two.
constexpr uint32_t kRemoveCost = 130;
constexpr uint32_t kRemoveMoreCost = 40;
constexpr uint32_t kRemoveTwinCost = 105;
constexpr uint32_t kDistanceMost = 30;

bool IsKeyword(size_t kind) { return kind >= P::WRIT && kind <= P::BECAUSE; }

uint32_t InsertCost(size_t kind) {
  switch (kind) {
    case P::SEMI:
    case P::COMMA:
    case P::RBRACKET:
    case P::RPAREN:
    case P::ASSIGN:
      return 110;
    case P::LBRACE:
    case P::RBRACE:
      return 112;
    case P::LPAREN:
    case P::LBRACKET:
    case P::ARROW:
      return 120;
    default:
      return IsKeyword(kind) ? 125 : 132;
  }
}

bool IsNear(std::string_view word, std::string_view keyword) {
  const size_t most = std::max<size_t>(1, keyword.size() / 3);
  // As many changes are needed as one is longer; most words end here.
  if (word.size() > keyword.size() + most ||
      keyword.size() > word.size() + most) {
    return false;
  }
  if (EditDistance(word, keyword) <= most) return true;
  std::string a(word);
  std::string b(keyword);
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

}  // namespace

// One step of the search: so far read and changed.
struct SyntaxReader::Visit {
  uint32_t cost = 0;
  uint32_t position = 0;  // the next token
  StateId state = kNowhere;
  bool removing = false;  // the last change removed the token before
  uint32_t read = 0;      // tokens since the last change
  uint32_t parent = kUnknown;
  bool is_change = false;
  SyntaxSlip::Change change = SyntaxSlip::Change::kRemove;
  uint32_t wanted = 0;
};

SyntaxReader::SyntaxReader(const P& parser)
    : grammar_(parser.getATN()), spellings_(kKinds) {
  const antlr4::dfa::Vocabulary& vocabulary = parser.getVocabulary();
  for (size_t kind = P::WRIT; kind <= P::GREATER_EQUAL; ++kind) {
    // ANTLR keeps 'allow' with its quotes.
    const std::string quoted = vocabulary.getLiteralName(kind);
    if (quoted.size() > 2) {
      spellings_[kind] = quoted.substr(1, quoted.size() - 2);
    }
  }
  frames_.push_back({nullptr, 0});
  StateOf({});  // kNowhere
}

uint32_t SyntaxReader::NodeOf(const ATNState* state, uint32_t stack) {
  const auto [it, is_new] = node_ids_.try_emplace(
      {state, stack}, static_cast<uint32_t>(nodes_.size()));
  if (is_new) {
    nodes_.push_back({state, stack});
    edges_.emplace_back();
    has_edges_.push_back(false);
  }
  return it->second;
}

uint32_t SyntaxReader::Push(const ATNState* follow, uint32_t below) {
  const auto [it, is_new] = frame_ids_.try_emplace(
      {follow->stateNumber, below}, static_cast<uint32_t>(frames_.size()));
  if (is_new) frames_.push_back({follow, below});
  return it->second;
}

const std::vector<SyntaxReader::Edge>& SyntaxReader::EdgesOf(uint32_t node) {
  if (has_edges_[node]) return edges_[node];
  has_edges_[node] = true;
  std::vector<Edge> edges;
  std::set<uint32_t> seen = {node};
  std::vector<uint32_t> open = {node};
  const auto visit = [&](const ATNState* state, uint32_t stack) {
    const uint32_t id = NodeOf(state, stack);
    if (seen.insert(id).second) open.push_back(id);
  };
  while (!open.empty()) {
    const uint32_t id = open.back();
    open.pop_back();
    const Node at = nodes_[id];
    if (at.state->ruleIndex < grammar_.ruleToStopState.size() &&
        at.state->stateNumber ==
            grammar_.ruleToStopState[at.state->ruleIndex]->stateNumber) {
      const Frame frame = frames_[at.stack];
      if (frame.follow != nullptr) visit(frame.follow, frame.below);
      continue;
    }
    for (const Transition* way : at.state->transitions) {
      if (way->getSerializationType() == Transition::RULE) {
        const auto* call = static_cast<const RuleTransition*>(way);
        visit(call->target, Push(call->followState, at.stack));
      } else if (way->isEpsilon()) {
        visit(way->target, at.stack);
      } else {
        Edge edge;
        for (ssize_t kind : way->label().toList()) {
          edge.kinds.Add(static_cast<size_t>(kind));
        }
        edge.from = id;
        edge.to = NodeOf(way->target, at.stack);
        edges.push_back(edge);
      }
    }
  }
  edges_[node] = std::move(edges);
  return edges_[node];
}

SyntaxReader::StateId SyntaxReader::StateOf(std::vector<uint32_t> nodes) {
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  const auto [it, is_new] =
      state_ids_.try_emplace(nodes, static_cast<StateId>(states_.size()));
  if (!is_new) return it->second;
  State state;
  for (uint32_t node : nodes) {
    for (const Edge& edge : EdgesOf(node)) state.kinds.AddAll(edge.kinds);
  }
  state.nodes = std::move(nodes);
  state.next.assign(kKinds, kUnknown);
  states_.push_back(std::move(state));
  return it->second;
}

SyntaxReader::StateId SyntaxReader::Next(StateId state, size_t kind) {
  const size_t bit = KindSet::BitOf(kind);
  if (states_[state].next[bit] != kUnknown) return states_[state].next[bit];
  StateId to = kNowhere;
  if (states_[state].kinds.Has(kind)) {
    std::vector<uint32_t> nodes;
    for (uint32_t node : states_[state].nodes) {
      for (const Edge& edge : EdgesOf(node)) {
        if (edge.kinds.Has(kind)) nodes.push_back(edge.to);
      }
    }
    to = StateOf(std::move(nodes));
  }
  states_[state].next[bit] = to;
  return to;
}

ExpectedKinds SyntaxReader::ExpectedIn(StateId state) {
  ExpectedKinds expected;
  expected.kinds = states_[state].kinds;
  bool is_value = false;
  for (uint32_t node : states_[state].nodes) {
    for (const Edge& edge : EdgesOf(node)) {
      const bool value = edge.kinds.Has(P::WORD) || edge.kinds.Has(P::STRING);
      if (!expected.rules.empty() && (is_value || !value)) continue;
      is_value = value;
      expected.rules.clear();
      expected.rules.push_back(nodes_[edge.from].state->ruleIndex);
      for (uint32_t stack = nodes_[edge.from].stack;
           frames_[stack].follow != nullptr; stack = frames_[stack].below) {
        expected.rules.push_back(frames_[stack].follow->ruleIndex);
      }
    }
  }
  return expected;
}

uint32_t SyntaxReader::ReplaceCost(const SyntaxToken& token,
                                   size_t wanted) const {
  const bool is_word = token.kind == P::WORD;
  const bool is_text = is_word || token.kind == P::STRING;
  if (IsKeyword(wanted) && (is_word || IsKeyword(token.kind)) &&
      IsNear(token.text, spellings_[wanted])) {
    // Letters in the wrong order are the likelier slip.
    const bool swapped = token.text.size() == spellings_[wanted].size() &&
                         token.text.front() != spellings_[wanted].front() &&
                         token.text.back() != spellings_[wanted].back();
    return is_word ? (swapped ? 94 : 95) : 100;
  }
  const auto compares = [](size_t kind) {
    return kind == P::ASSIGN || kind == P::ARROW ||
           (kind >= P::EQUAL && kind <= P::GREATER_EQUAL);
  };
  if (compares(wanted) && compares(token.kind)) return 105;
  if ((wanted == P::WORD || wanted == P::STRING) &&
      (is_text || IsKeyword(token.kind))) {
    return 118;
  }
  const auto is_sign = [](size_t kind) {
    return kind >= P::SEMI && kind <= P::GREATER_EQUAL;
  };
  return is_sign(wanted) && is_sign(token.kind) ? 122 : 140;
}

size_t SyntaxReader::Mend(std::span<const SyntaxToken> tokens, size_t floor,
                          size_t stuck, std::vector<StateId>* states,
                          std::vector<SyntaxSlip>* slips) {
  std::vector<Visit> visits;
  const auto costs_more = [&visits](uint32_t a, uint32_t b) {
    return std::tuple(visits[a].cost, visits[b].position, a) >
           std::tuple(visits[b].cost, visits[a].position, b);
  };
  std::priority_queue<uint32_t, std::vector<uint32_t>, decltype(costs_more)>
      queue(costs_more);
  // The least cost at which a place was come to; no dearer way is kept.
  std::unordered_map<uint64_t, uint32_t> costs;
  const auto place = [](const Visit& visit) {
    return (uint64_t{visit.position} << 32 | visit.state) << 1 |
           (visit.removing ? 1U : 0U);
  };
  const auto push = [&](const Visit& visit) {
    const auto [it, is_new] = costs.try_emplace(place(visit), visit.cost);
    if (!is_new && it->second <= visit.cost) return;
    it->second = visit.cost;
    visits.push_back(visit);
    queue.push(static_cast<uint32_t>(visits.size() - 1));
  };
  const size_t first = std::max(floor, stuck > kBack ? stuck - kBack : 0);
  for (size_t i = first; i <= stuck; ++i) {
    Visit source;
    source.cost = std::min(static_cast<uint32_t>(stuck - i), kDistanceMost);
    source.position = static_cast<uint32_t>(i);
    source.state = (*states)[i];
    push(source);
  }

  uint32_t best = kUnknown;
  const size_t most = std::min(visits_left_, kMostVisits);
  for (size_t count = 0; !queue.empty() && count < most; ++count) {
    --visits_left_;
    const uint32_t id = queue.top();
    queue.pop();
    const Visit at = visits[id];
    if (costs[place(at)] < at.cost) continue;  // a cheaper way came since
    const bool changed = at.is_change || at.parent != kUnknown;
    if (changed && at.position >= stuck &&
        (best == kUnknown || at.position > visits[best].position)) {
      best = id;
    }
    if (changed && (at.position == tokens.size() ||
                    (at.read >= kAhead && at.position > stuck))) {
      best = id;
      break;
    }
    if (at.position == tokens.size()) continue;
    const SyntaxToken& token = tokens[at.position];
    const bool is_end = token.kind == antlr4::Token::EOF;

    Visit next = at;
    next.parent = id;
    next.is_change = false;
    // A source reads on only as a part of a changed text.
    if (changed) {
      if (const StateId to = Next(at.state, token.kind); to != kNowhere) {
        next.position = at.position + 1;
        next.state = to;
        next.removing = false;
        next.read = at.read + 1;
        push(next);
      }
    }

    next = at;
    next.parent = id;
    next.is_change = true;
    next.read = 0;
    if (!is_end) {
      const bool twin = at.position > 0 &&
                        tokens[at.position - 1].kind == token.kind &&
                        tokens[at.position - 1].text == token.text;
      next.cost = at.cost + (at.removing ? kRemoveMoreCost
                             : twin      ? kRemoveTwinCost
                                         : kRemoveCost);
      next.position = at.position + 1;
      next.removing = true;
      next.change = SyntaxSlip::Change::kRemove;
      push(next);
    }
    next.removing = false;
    const KindSet kinds = states_[at.state].kinds;
    // Where every keyword may be a name, a name is meant.
    const bool any_name = kinds.Has(P::NOCASE) && kinds.Has(P::POLICY);
    for (size_t kind = 1; kind < kKinds; ++kind) {
      if (!kinds.Has(kind) || (any_name && IsKeyword(kind) &&
                               kind != P::ALLOW && kind != P::DENY)) {
        continue;
      }
      const StateId to = Next(at.state, kind);
      next.state = to;
      next.wanted = static_cast<uint32_t>(kind);
      next.change = SyntaxSlip::Change::kInsert;
      next.position = at.position;
      next.cost = at.cost + InsertCost(kind);
      push(next);
      if (is_end || kind == token.kind) continue;
      next.change = SyntaxSlip::Change::kReplace;
      next.position = at.position + 1;
      next.cost = at.cost + ReplaceCost(token, kind);
      push(next);
    }
  }

  // The way there, the first step first.
  std::vector<uint32_t> way;
  for (uint32_t id = best; id != kUnknown; id = visits[id].parent) {
    way.push_back(id);
  }
  std::reverse(way.begin(), way.end());
  if (way.empty()) return tokens.size();
  states->resize(visits[way[0]].position + 1);
  size_t i = 1;
  bool is_first = true;
  // Changes with nothing read between them are one slip; later ones are found
  // again when reading comes to them.
  for (; i < way.size() && visits[way[i]].is_change; ++i) {
    const Visit& step = visits[way[i]];
    const size_t token = visits[way[i - 1]].position;
    if (is_first) {
      const bool is_typo = step.change == SyntaxSlip::Change::kReplace &&
                           IsKeyword(step.wanted) &&
                           IsNear(tokens[token].text, spellings_[step.wanted]);
      slips->push_back({step.change, token, step.wanted, is_typo,
                        ExpectedIn(visits[way[i - 1]].state)});
    }
    is_first = false;
    states->resize(step.position + 1, step.state);
    states->back() = step.state;
  }
  return states->size() - 1;
}

std::vector<SyntaxSlip> SyntaxReader::FindSlips(
    std::span<const SyntaxToken> tokens, size_t most) {
  std::vector<SyntaxSlip> slips;
  const ATNState* start = grammar_.ruleToStartState[P::RuleFile];
  std::vector<StateId> states = {StateOf({NodeOf(start, 0)})};
  visits_left_ = kMostVisitsOfText;
  size_t floor = 0;
  for (size_t i = 0; i < tokens.size();) {
    const StateId to = Next(states[i], tokens[i].kind);
    if (to != kNowhere) {
      states.push_back(to);
      ++i;
      continue;
    }
    if (slips.size() >= most || (visits_left_ == 0 && !slips.empty())) break;
    i = Mend(tokens, floor, i, &states, &slips);
    floor = i;
  }
  return slips;
}

}  // namespace writ
