#include "impl/state_version/zookeeper_znode.h"

#include <fmt/format.h>
#include <zookeeper/zookeeper.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <mutex>

#include "system/usage_error.h"

namespace cutover::state_version {
namespace {

using Clock = std::chrono::steady_clock;

/// That of a session whose member does not answer; the ensemble may grant less.
constexpr int kSessionMilliseconds = 10'000;
constexpr int kAnyVersion = -1;

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port > 0 && port < 65536;
}

bool are_servers(std::string_view text) {
  while (true) {
    const std::string_view server = text.substr(0, text.find(','));
    const auto colon = server.rfind(':');
    if (colon == std::string_view::npos || colon == 0 || !is_port(server.substr(colon + 1))) {
      return false;
    }
    if (server.size() == text.size()) return true;
    text.remove_prefix(server.size() + 1);
  }
}

/// Of what is sent again, or can be, without harm: nobody has answered.
bool is_lost(int code) {
  return code == ZCONNECTIONLOSS || code == ZOPERATIONTIMEOUT || code == ZTHROTTLEDOP;
}

/// An answer that another thread brings.
class Answer {
 public:
  void bring(int code) {
    const std::scoped_lock lock(mutex_);
    code_ = code;
    has_come_.notify_all();
  }
  int wait() {
    std::unique_lock lock(mutex_);
    has_come_.wait(lock, [this] { return code_.has_value(); });
    return *code_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable has_come_;
  std::optional<int> code_;
};

}  // namespace

ZnodeAddress::ZnodeAddress(const std::string& text) {
  const auto slash = std::min(text.find('/'), text.size());
  servers = text.substr(0, slash);
  path = text.substr(slash);
  const bool is_path = path.size() > 1 && !path.ends_with('/') && path.find("//") == path.npos;
  if (!are_servers(servers) || !is_path) {
    throw std::invalid_argument("expected HOST:PORT,HOST:PORT,.../PATH");
  }
}

class ZookeeperZnode::Session {
 public:
  Session(std::string servers, const ZookeeperUser& user, LockWait wait, Watch watch)
      : servers_(std::move(servers)), wait_(std::move(wait)), watch_(std::move(watch)) {
    zoo_set_debug_level(static_cast<ZooLogLevel>(0));  // what it has to say, errors say
    handle_ = zookeeper_init2(servers_.c_str(), state_changed, kSessionMilliseconds, nullptr, this,
                              ZOO_NO_LOG_CLIENTENV, nullptr);
    if (handle_ == nullptr) {
      throw UsageError(servers_ + ": no such hosts");
    }
    try {
      wait_until_connected(Clock::now() + wait_.at_most);
      if (!user.name_and_password.empty()) say_who_asks(user.name_and_password);
    } catch (...) {
      zookeeper_close(handle_);
      throw;
    }
  }
  ~Session() { zookeeper_close(handle_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Found read(const std::string& path) const {
    return watch_.around("get znode", [&] {
      const auto until = Clock::now() + wait_.at_most;
      while (true) {
        Found found;
        const int code = read_once(path, found);
        if (code == ZOK || code == ZNONODE) return found;
        if (!is_lost(code) || Clock::now() >= until) fail(code, path, "could not be read");
        wait_until_connected(until);
      }
    });
  }

  int write(const std::string& path, const json& state, int version) const {
    return watch_.around("set znode", [&] {
      const std::string text = text_of(path, state);
      Stat stat = {};
      const int code = zoo_set2(handle_, path.c_str(), text.data(), static_cast<int>(text.size()),
                                version, &stat);
      if (code == ZBADVERSION || code == ZNONODE) return 0;
      if (code != ZOK) fail(code, path, "may have been written, or not");
      return written_of(stat);
    });
  }

  int make(const std::string& path, const json& state) const {
    return watch_.around("make znode", [&] {
      const std::string text = text_of(path, state);
      const int code = zoo_create(handle_, path.c_str(), text.data(), static_cast<int>(text.size()),
                                  &ZOO_OPEN_ACL_UNSAFE, ZOO_PERSISTENT, nullptr, 0);
      if (code == ZNODEEXISTS) return 0;
      if (code == ZNONODE) throw UsageError(servers_ + path + ": the znode above it is not there");
      if (code != ZOK) fail(code, path, "may have been made, or not");
      return written_of({});
    });
  }

 private:
  /// A znode that was made has the version 0, and was written once.
  static int written_of(const Stat& stat) { return stat.version + 1; }

  static void state_changed(zhandle_t*, int type, int state, const char*, void* of) {
    if (type != ZOO_SESSION_EVENT) return;
    Session& session = *static_cast<Session*>(of);
    const std::scoped_lock lock(session.mutex_);
    session.state_ = state;
    session.has_changed_.notify_all();
  }

  void wait_until_connected(Clock::time_point until) const {
    std::unique_lock lock(mutex_);
    const auto has_ended = [this] {
      return state_ == ZOO_CONNECTED_STATE || state_ == ZOO_EXPIRED_SESSION_STATE;
    };
    const auto untold = std::min(until, Clock::now() + LockWait::kUntold);
    if (!has_changed_.wait_until(lock, untold, has_ended) && wait_.told) {
      wait_.told(servers_);
    }
    if (!has_changed_.wait_until(lock, until, has_ended)) {
      throw StoreFailed(fmt::format(
          "{}: no member answered that is of a quorum; start what is missing of the ensemble, or "
          "wait longer",
          servers_));
    }
    if (state_ == ZOO_EXPIRED_SESSION_STATE) fail(ZSESSIONEXPIRED, "", "could not be reached");
  }

  void say_who_asks(const std::string& name_and_password) const {
    Answer answer;
    const int sent = zoo_add_auth(
        handle_, "digest", name_and_password.data(), static_cast<int>(name_and_password.size()),
        [](int code, const void* to) { static_cast<Answer*>(const_cast<void*>(to))->bring(code); },
        &answer);
    const int code = sent == ZOK ? answer.wait() : sent;
    if (code != ZOK) fail(code, "", "could not be asked in a user's name");
  }

  /// What any member has acknowledged before must be there: the one that is asked may be behind. A
  /// transaction that writes nothing is ordered after all that were acknowledged, needs a quorum,
  /// and is answered once the member has applied it. ZooKeeper's sync would not do: it asks no
  /// quorum (ZOOKEEPER-1675), and a leader answers its own clients' before it has applied what
  /// followers have acknowledged already.
  int catch_up(const std::string& path) const {
    if (is_unrecoverable(handle_) != ZOK) return ZINVALIDSTATE;
    zoo_op_t check;
    zoo_check_op_init(&check, path.c_str(), kAnyVersion);
    zoo_op_result_t result = {};
    const int code = zoo_multi(handle_, 1, &check, &result);
    return code == ZMARSHALLINGERROR ? ZBADARGUMENTS : code;  // it says no more of a bad path
  }

  int read_once(const std::string& path, Found& found) const {
    if (const int code = catch_up(path); code != ZOK && code != ZNONODE) return code;
    std::string text(kZnodeBytes, '\0');
    Stat stat = {};
    int code = ZOK, size = 0;
    do {  // again if it has grown in between
      text.resize(std::max(text.size(), static_cast<std::size_t>(stat.dataLength)));
      size = static_cast<int>(text.size());
      code = zoo_get(handle_, path.c_str(), 0, text.data(), &size, &stat);
    } while (code == ZOK && static_cast<std::size_t>(stat.dataLength) > text.size());
    if (code != ZOK) return code;
    text.resize(static_cast<std::size_t>(std::max(size, 0)));  // -1: there is nothing
    found = {state_of_text(text), written_of(stat)};
    return ZOK;
  }

  std::string text_of(const std::string& path, const json& state) const {
    std::string text = state.dump();
    if (text.size() <= kZnodeBytes) return text;
    throw UsageError(fmt::format("{}: the state would take {} bytes, and a znode takes {}",
                                 servers_ + path, text.size(), kZnodeBytes));
  }

  [[noreturn]] void fail(int code, const std::string& path, const char* what) const {
    if (code == ZNOAUTH || code == ZAUTHFAILED) {
      throw UsageError(fmt::format(
          "{}: not permitted: name a user that may, as CUTOVER_ZOOKEEPER_USER=name:password",
          servers_ + path));
    }
    if (code == ZBADARGUMENTS) {
      throw UsageError(path + ": is no path of a znode");
    }
    throw StoreFailed(fmt::format("{}: {} ({})", servers_ + path, what, zerror(code)));
  }

  const std::string servers_;
  const LockWait wait_;
  const Watch watch_;
  zhandle_t* handle_ = nullptr;
  mutable std::mutex mutex_;  // of the following
  mutable std::condition_variable has_changed_;
  int state_ = 0;
};

ZookeeperZnode::ZookeeperZnode(ZnodeAddress address, ZookeeperUser user, LockWait wait, Watch watch)
    : session_(std::make_shared<const Session>(std::move(address.servers), user, std::move(wait),
                                               std::move(watch))),
      path_(std::move(address.path)) {}

ZookeeperZnode::~ZookeeperZnode() = default;

ZookeeperZnode ZookeeperZnode::at(const std::string& path) const { return {session_, path}; }

Task<Found> ZookeeperZnode::get() const { co_return session_->read(path_); }

Task<int> ZookeeperZnode::set_if(const json& state, int written) const {
  co_return written == 0 ? session_->make(path_, state)
                         : session_->write(path_, state, written - 1);
}

Task<void> ZookeeperZnode::set(const json& state) const {
  if (session_->write(path_, state, kAnyVersion) == 0) session_->make(path_, state);
  co_return;
}

}  // namespace cutover::state_version
