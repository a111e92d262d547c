// SPDX-License-Identifier: Apache-2.0
#include "runtime/init/http_response.h"

#include <algorithm>
#include <charconv>

namespace writ {
namespace {

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           const auto lower = [](char c) {
             return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
           };
           return lower(x) == lower(y);
         });
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

bool ParseNumber(std::string_view text, int base, uint64_t* value) {
  if (text.empty() || text.size() > 15) return false;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), *value, base);
  return error == std::errc() && end == text.data() + text.size();
}

bool IsHeaderName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return c > 0x20 && c < 0x7f &&
           std::string_view("\"(),/:;<=>?@[\\]{}").find(c) ==
               std::string_view::npos;
  });
}

}  // namespace

void HttpResponseReader::Feed(std::string_view bytes) {
  if (state_ == State::kDone) return Break();
  if (state_ == State::kBroken) return;
  if (state_ == State::kBodyUntilClose) return AppendBody(bytes);
  buffer_.append(bytes);
  State before = State::kBroken;
  size_t position = 0;
  do {
    before = state_;
    position = start_;
    Step();
  } while ((state_ != before || start_ != position) && state_ != State::kDone &&
           state_ != State::kBroken);
  buffer_.erase(0, start_);
  start_ = 0;
  if (state_ == State::kDone && !buffer_.empty()) Break();
}

void HttpResponseReader::Close() {
  if (state_ == State::kDone) return;
  if (state_ == State::kBodyUntilClose) {
    keep_alive_ = false;
    state_ = State::kDone;
    return;
  }
  Break();
}

bool HttpResponseReader::TakeLine(std::string_view* line) {
  const std::string_view rest = std::string_view(buffer_).substr(start_);
  const size_t end = rest.find("\r\n");
  if (end == std::string_view::npos) {
    if (head_bytes_ + rest.size() > kMaxResponseHeadBytes) Break();
    return false;
  }
  head_bytes_ += end + 2;
  if (head_bytes_ > kMaxResponseHeadBytes) {
    Break();
    return false;
  }
  *line = rest.substr(0, end);
  // A lone CR or LF is a line end to some readers and text to others.
  if (line->find_first_of("\r\n") != std::string_view::npos) {
    Break();
    return false;
  }
  start_ += end + 2;
  return true;
}

void HttpResponseReader::Step() {
  std::string_view line;
  switch (state_) {
    case State::kStatusLine:
      if (TakeLine(&line)) StatusLine(line);
      return;
    case State::kHeaders:
      if (!TakeLine(&line)) return;
      return line.empty() ? EndOfHeaders() : Header(line);
    case State::kChunkSize:
      if (TakeLine(&line)) ChunkSize(line);
      return;
    case State::kChunkEnd:
      if (!TakeLine(&line)) return;
      // A chunk of any size costs its line only: not part of the head.
      head_bytes_ = 0;
      state_ = line.empty() ? State::kChunkSize : State::kBroken;
      return;
    case State::kTrailers:
      if (TakeLine(&line) && line.empty()) state_ = State::kDone;
      return;
    case State::kBodyUntilClose: {
      const std::string rest = buffer_.substr(start_);
      start_ = buffer_.size();
      return AppendBody(rest);
    }
    case State::kBodyCounted:
    case State::kChunkData: {
      const size_t available = static_cast<size_t>(
          std::min<uint64_t>(length_, buffer_.size() - start_));
      AppendBody(std::string_view(buffer_).substr(start_, available));
      start_ += available;
      length_ -= available;
      if (length_ == 0 && state_ != State::kBroken) {
        state_ =
            state_ == State::kBodyCounted ? State::kDone : State::kChunkEnd;
      }
      return;
    }
    case State::kDone:
    case State::kBroken:
      return;
  }
}

void HttpResponseReader::StatusLine(std::string_view line) {
  uint64_t code = 0;
  if (line.size() < 12 || !line.starts_with("HTTP/1.") ||
      (line[7] != '0' && line[7] != '1') || line[8] != ' ' ||
      !ParseNumber(line.substr(9, 3), 10, &code) || code < 100 ||
      (line.size() > 12 && line[12] != ' ')) {
    return Break();
  }
  status_ = static_cast<uint32_t>(code);
  keep_alive_ = line[7] == '1';
  state_ = State::kHeaders;
}

void HttpResponseReader::Header(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || !IsHeaderName(line.substr(0, colon))) {
    return Break();
  }
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = Trim(line.substr(colon + 1));
  if (EqualIgnoringCase(name, "content-length")) {
    if (has_length_ || !ParseNumber(value, 10, &length_)) return Break();
    has_length_ = true;
    if (length_ > max_body_bytes_) return Break();
  } else if (EqualIgnoringCase(name, "transfer-encoding")) {
    if (chunked_ || !EqualIgnoringCase(value, "chunked")) return Break();
    chunked_ = true;
  } else if (EqualIgnoringCase(name, "connection")) {
    if (EqualIgnoringCase(value, "close")) keep_alive_ = false;
  } else if (EqualIgnoringCase(name, "x-fc-status")) {
    reported_failure_ = value != "200";
  }
}

void HttpResponseReader::EndOfHeaders() {
  if (status_ < 200) {
    // An interim answer; the real one follows.
    if (has_length_ || chunked_ || status_ == 101) return Break();
    state_ = State::kStatusLine;
    return;
  }
  if (has_length_ && chunked_) return Break();
  head_bytes_ = 0;
  if (status_ == 204 || status_ == 304) {
    state_ = State::kDone;
  } else if (chunked_) {
    state_ = State::kChunkSize;
  } else if (has_length_) {
    body_.reserve(static_cast<size_t>(length_));
    state_ = length_ == 0 ? State::kDone : State::kBodyCounted;
  } else {
    state_ = State::kBodyUntilClose;
  }
}

void HttpResponseReader::ChunkSize(std::string_view line) {
  const size_t end = std::min(line.find(';'), line.size());
  if (!ParseNumber(Trim(line.substr(0, end)), 16, &length_) ||
      body_.size() + length_ > max_body_bytes_) {
    return Break();
  }
  state_ = length_ == 0 ? State::kTrailers : State::kChunkData;
}

void HttpResponseReader::AppendBody(std::string_view bytes) {
  if (body_.size() + bytes.size() > max_body_bytes_) return Break();
  body_.append(bytes);
}

std::string FormatHttpRequest(const CallFrame& call, uint32_t port) {
  std::string text = "POST " + call.path +
                     " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                     "\r\nContent-Type: application/octet-stream"
                     "\r\nContent-Length: " +
                     std::to_string(call.body.size()) + "\r\n";
  for (const auto& [name, value] : call.headers) {
    if (!IsHeaderName(name) ||
        value.find_first_of("\r\n") != std::string::npos) {
      continue;
    }
    text += name + ": " + value + "\r\n";
  }
  text += "\r\n";
  text.append(call.body);
  return text;
}

}  // namespace writ
