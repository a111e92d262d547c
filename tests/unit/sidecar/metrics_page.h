// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_UNIT_SIDECAR_METRICS_PAGE_H_
#define WRIT_TESTS_UNIT_SIDECAR_METRICS_PAGE_H_

#include <cctype>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace writ {

// A page in the text format of Prometheus, read strictly: a family is one HELP,
// one TYPE and then its samples; names, labels and numbers are well formed, no
// series stands twice, and a histogram's buckets grow up to its count.
class MetricsPage {
 public:
  explicit MetricsPage(std::string_view text) {
    while (error_.empty() && !text.empty()) {
      const size_t end = text.find('\n');
      if (end == std::string_view::npos) {
        Fail("the last line has no end");
        return;
      }
      ReadLine(text.substr(0, end));
      text.remove_prefix(end + 1);
    }
    if (error_.empty()) EndFamily();
  }

  // Empty when the page is well formed.
  const std::string& error() const { return error_; }
  const std::map<std::string, std::string>& types() const { return types_; }
  // The value of a series as it stands on the page: `name{a="b"}`.
  std::optional<double> Value(const std::string& series) const {
    const auto found = values_.find(series);
    if (found == values_.end()) return std::nullopt;
    return found->second;
  }

 private:
  void Fail(const std::string& what) {
    if (error_.empty()) error_ = what + " in: " + line_;
  }

  static size_t NameSize(std::string_view text) {
    size_t size = 0;
    while (size < text.size() &&
           (std::isalpha(static_cast<unsigned char>(text[size])) != 0 ||
            text[size] == '_' || text[size] == ':' ||
            (size > 0 &&
             std::isdigit(static_cast<unsigned char>(text[size])) != 0))) {
      ++size;
    }
    return size;
  }

  void ReadLine(std::string_view line) {
    line_ = line;
    if (line.starts_with("# HELP ")) {
      EndFamily();
      line.remove_prefix(7);
      family_ = line.substr(0, NameSize(line));
      if (family_.empty() || line.size() < family_.size() + 2) {
        Fail("no name or help");
      }
      if (!families_.insert(family_).second) Fail("a family stands twice");
      type_.clear();
    } else if (line.starts_with("# TYPE ")) {
      line.remove_prefix(7);
      const size_t size = NameSize(line);
      if (line.substr(0, size) != family_ || !type_.empty()) {
        Fail("TYPE does not follow its HELP");
      }
      type_ = line.substr(std::min(size + 1, line.size()));
      if (type_ != "counter" && type_ != "gauge" && type_ != "histogram") {
        Fail("unknown type");
      }
      types_[family_] = type_;
    } else {
      ReadSample(line);
    }
  }

  void ReadSample(std::string_view line) {
    const std::string name(line.substr(0, NameSize(line)));
    std::string_view rest = line.substr(name.size());
    const std::string suffix =
        name.starts_with(family_) ? name.substr(family_.size()) : "?";
    const bool histogram = type_ == "histogram";
    if (type_.empty() || family_.empty() ||
        (histogram
             ? suffix != "_bucket" && suffix != "_sum" && suffix != "_count"
             : !suffix.empty())) {
      return Fail("a sample outside its family");
    }
    std::map<std::string, std::string> labels;
    if (!rest.empty() && rest.front() == '{') {
      if (!ReadLabels(&rest, &labels)) return Fail("bad labels");
    }
    if (rest.size() < 2 || rest.front() != ' ') return Fail("no value");
    const std::string number(rest.substr(1));
    char* end = nullptr;
    const double value = std::strtod(number.c_str(), &end);
    if (end != number.c_str() + number.size() ||
        std::isspace(static_cast<unsigned char>(number[0])) != 0) {
      return Fail("not a number");
    }
    if (type_ != "gauge" && value < 0) return Fail("a negative count");
    const std::string series(line.substr(0, line.size() - rest.size()));
    if (!values_.emplace(series, value).second) Fail("a series stands twice");
    if (!histogram) return;
    std::string bound;
    if (suffix == "_bucket") {
      bound = labels["le"];
      labels.erase("le");
    }
    std::string key;
    for (const auto& [label, text] : labels) key += label + "=" + text + ";";
    ReadHistogram(key, suffix, bound, value);
  }

  bool ReadLabels(std::string_view* rest,
                  std::map<std::string, std::string>* labels) {
    rest->remove_prefix(1);
    while (true) {
      const std::string label(rest->substr(0, NameSize(*rest)));
      rest->remove_prefix(label.size());
      if (label.empty() || !rest->starts_with("=\"")) return false;
      rest->remove_prefix(2);
      std::string value;
      while (!rest->empty() && rest->front() != '"') {
        if (rest->front() == '\\') rest->remove_prefix(1);
        if (rest->empty()) return false;
        value.push_back(rest->front());
        rest->remove_prefix(1);
      }
      if (rest->empty() || !labels->emplace(label, value).second) return false;
      rest->remove_prefix(1);
      if (rest->starts_with("}")) {
        rest->remove_prefix(1);
        return true;
      }
      if (!rest->starts_with(",")) return false;
      rest->remove_prefix(1);
    }
  }

  struct Histogram {
    double last_bound = 0;
    double last_count = 0;
    double infinite = -1;
    double count = -1;
    bool has_sum = false;
  };

  void ReadHistogram(const std::string& key, const std::string& suffix,
                     const std::string& bound, double value) {
    Histogram& histogram = histograms_[key];
    if (suffix == "_sum") {
      histogram.has_sum = true;
    } else if (suffix == "_count") {
      histogram.count = value;
    } else if (bound == "+Inf") {
      histogram.infinite = value;
      if (value < histogram.last_count) Fail("buckets that shrink");
    } else {
      const double upper = std::strtod(bound.c_str(), nullptr);
      if (upper <= histogram.last_bound || value < histogram.last_count ||
          histogram.infinite >= 0) {
        Fail("buckets out of order");
      }
      histogram.last_bound = upper;
      histogram.last_count = value;
    }
  }

  void EndFamily() {
    if (!family_.empty() && type_.empty()) Fail("a family without TYPE");
    for (const auto& [key, histogram] : histograms_) {
      if (!histogram.has_sum || histogram.count < 0 ||
          histogram.infinite != histogram.count) {
        Fail("a histogram that does not add up: " + key);
      }
    }
    histograms_.clear();
  }

  std::string line_;
  std::string error_;
  std::string family_;
  std::string type_;
  std::set<std::string> families_;
  std::map<std::string, std::string> types_;
  std::map<std::string, double> values_;
  std::map<std::string, Histogram> histograms_;
};

}  // namespace writ

#endif  // WRIT_TESTS_UNIT_SIDECAR_METRICS_PAGE_H_
