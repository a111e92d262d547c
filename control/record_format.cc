// SPDX-License-Identifier: Apache-2.0
#include "control/record_format.h"

#include <utility>

#include "base/coding.h"

// Each record is one function that walks its fields in the order of the disk;
// a Sink writes them and a Source reads them, so the two cannot differ.
namespace writ {
namespace {

constexpr uint8_t kFormat = 1;

class Sink {
 public:
  void Field(const std::string& text) { writer_.PutBytes(text); }
  void Field(const SecretBytes& secret) { writer_.PutBytes(secret.text()); }
  void Field(const uint32_t& value) { writer_.Put(value); }
  void Field(const uint64_t& value) { writer_.Put(value); }
  void Field(const bool& value) {
    writer_.Put(static_cast<uint8_t>(value ? 1 : 0));
  }
  void Field(const std::vector<std::string>& list) {
    writer_.Put(static_cast<uint32_t>(list.size()));
    for (const std::string& item : list) Field(item);
  }
  template <typename V>
  void Field(const std::map<std::string, V>& map) {
    writer_.Put(static_cast<uint32_t>(map.size()));
    for (const auto& [name, value] : map) {
      Field(name);
      Field(value);
    }
  }
  // The plain text is wiped once it is in a SecretBytes.
  SecretBytes Take() {
    std::string text = writer_.Take();
    SecretBytes bytes = SecretBytes::CopyOf(text);
    WipeMemory(text.data(), text.size());
    return bytes;
  }

 private:
  ByteWriter writer_;
};

class Source {
 public:
  explicit Source(std::string_view bytes) : reader_(bytes) {}

  void Field(std::string& text) { text = reader_.GetBytes(); }
  void Field(SecretBytes& secret) {
    secret = SecretBytes::CopyOf(reader_.GetBytes());
  }
  void Field(uint32_t& value) { value = reader_.Get<uint32_t>(); }
  void Field(uint64_t& value) { value = reader_.Get<uint64_t>(); }
  void Field(bool& value) { value = reader_.Get<uint8_t>() == 1; }
  void Field(std::vector<std::string>& list) {
    const uint32_t count = reader_.Get<uint32_t>();
    for (uint32_t i = 0; i < count && reader_.ok(); ++i) {
      Field(list.emplace_back());
    }
  }
  template <typename V>
  void Field(std::map<std::string, V>& map) {
    const uint32_t count = reader_.Get<uint32_t>();
    for (uint32_t i = 0; i < count && reader_.ok(); ++i) {
      std::string name(reader_.GetBytes());
      Field(map[std::move(name)]);
    }
  }
  Status Finish() const { return reader_.Finish("a control record"); }

 private:
  ByteReader reader_;
};

template <typename Coder, typename R>
void WalkAccount(Coder* coder, R& record) {
  coder->Field(record.created);
  coder->Field(record.root_access_key_id);
}

template <typename Coder, typename R>
void WalkUser(Coder* coder, R& record) {
  coder->Field(record.id);
  coder->Field(record.display_name);
  coder->Field(record.comments);
  coder->Field(record.email);
  coder->Field(record.mobile_phone);
  coder->Field(record.created);
  coder->Field(record.updated);
}

template <typename Coder, typename R>
void WalkAccessKey(Coder* coder, R& record) {
  coder->Field(record.account);
  coder->Field(record.user);
  coder->Field(record.active);
  coder->Field(record.created);
  coder->Field(record.secret);
}

template <typename Coder, typename R>
void WalkPolicy(Coder* coder, R& record) {
  coder->Field(record.document);
  coder->Field(record.description);
  coder->Field(record.created);
  coder->Field(record.updated);
}

template <typename Coder, typename R>
void WalkAttachment(Coder* coder, R& record) {
  coder->Field(record.created);
}

template <typename Coder, typename R>
void WalkFunction(Coder* coder, R& record) {
  coder->Field(record.id);
  coder->Field(record.created);
  coder->Field(record.updated);
  coder->Field(record.description);
  coder->Field(record.runtime);
  coder->Field(record.handler);
  coder->Field(record.timeout_seconds);
  coder->Field(record.memory_mb);
  coder->Field(record.cpu_hundredths);
  coder->Field(record.disk_mb);
  coder->Field(record.instance_concurrency);
  coder->Field(record.command);
  coder->Field(record.arguments);
  coder->Field(record.port);
  coder->Field(record.initializer_handler);
  coder->Field(record.initializer_timeout_seconds);
  coder->Field(record.kept);
  coder->Field(record.code_sha256_hex);
  coder->Field(record.code_crc64);
  coder->Field(record.code_size_bytes);
  coder->Field(record.environment);
}

}  // namespace

#define WRIT_RECORD_CODEC_(Name)                                           \
  SecretBytes EncodeRecord(const Stored##Name& record) {                   \
    Sink sink;                                                             \
    sink.Field(static_cast<uint32_t>(kFormat));                            \
    Walk##Name(&sink, record);                                             \
    return sink.Take();                                                    \
  }                                                                        \
  template <>                                                              \
  Result<Stored##Name> DecodeRecord(std::string_view bytes) {              \
    Source source(bytes);                                                  \
    uint32_t format = 0;                                                   \
    source.Field(format);                                                  \
    if (format > kFormat) {                                                \
      return Unimplemented("a control record is newer than this program"); \
    }                                                                      \
    Stored##Name record;                                                   \
    Walk##Name(&source, record);                                           \
    WRIT_RETURN_IF_ERROR(source.Finish());                                 \
    return record;                                                         \
  }
WRIT_RECORD_CODEC_(Account)
WRIT_RECORD_CODEC_(User)
WRIT_RECORD_CODEC_(AccessKey)
WRIT_RECORD_CODEC_(Policy)
WRIT_RECORD_CODEC_(Attachment)
WRIT_RECORD_CODEC_(Function)
#undef WRIT_RECORD_CODEC_

std::string AttachmentName(std::string_view user, std::string_view policy) {
  std::string name("user/");
  name += user;
  name += '/';
  name += policy;
  return name;
}

bool ParseAttachmentName(std::string_view name, std::string_view* user,
                         std::string_view* policy) {
  constexpr std::string_view kPrefix = "user/";
  if (!name.starts_with(kPrefix)) return false;
  name.remove_prefix(kPrefix.size());
  const size_t slash = name.find('/');
  if (slash == std::string_view::npos) return false;
  *user = name.substr(0, slash);
  *policy = name.substr(slash + 1);
  return !user->empty() && !policy->empty();
}

}  // namespace writ
