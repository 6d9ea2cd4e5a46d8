// A state in a real znode of a ZooKeeper ensemble, with the calls that reference_znode.h asks for.
//
// How often a znode was written is its version, and a write names the one that it was read at: so
// no lock is needed, and none can expire. A write whose answer is lost, with the connection or with
// the session, may have been done, or be done later: its call throws, and whoever asked begins anew
// from what is there then. A read is asked again until the time is over.
//
// Each call waits for its answer before it returns; the coroutines only never wait. Thread-safe if
// whoever watches is.
#pragma once

#include <memory>

#include "impl/state_version/migration.h"
#include "impl/state_version/state_file.h"
#include "impl/store/lock_wait.h"
#include "system/task.h"

namespace cutover::state_version {

/// "HOST:PORT,HOST:PORT/PATH": the members of an ensemble, and a znode's path there.
struct ZnodeAddress {
  std::string servers;
  std::string path;

  /// Throws std::invalid_argument that says what was expected.
  explicit ZnodeAddress(const std::string& text);
  std::string text() const { return servers + path; }
};

/// Who asks, where znodes are not everybody's: of the scheme "digest".
struct ZookeeperUser {
  std::string name_and_password;  ///< "name:password"; empty: nobody in particular
};

/// A znode takes at most this much, unless all members and clients are told otherwise.
inline constexpr std::size_t kZnodeBytes = 1024 * 1023;

class ZookeeperZnode {
 public:
  /// Waits for a member that is of a quorum. `wait.told` is given the servers. Throws StoreFailed
  /// when the time is over, and UsageError for names of hosts that lead nowhere.
  ZookeeperZnode(ZnodeAddress address, ZookeeperUser user, LockWait wait, Watch watch);
  ~ZookeeperZnode();

  /// Another one, of the same session.
  ZookeeperZnode at(const std::string& path) const;

  // The calls. They throw StoreFailed, and UsageError for what asking again won't mend: then
  // nothing was changed.

  /// What is there now, or was written since. Its state is null where there is no znode, and a text
  /// where it is no state, which says why.
  Task<Found> get() const;
  /// Makes the znode, for anybody, if `written` is 0.
  Task<int> set_if(const json& state, int written) const;
  /// Whatever is there, as as_described_znode.h has it.
  Task<void> set(const json& state) const;

 private:
  class Session;
  ZookeeperZnode(std::shared_ptr<const Session> session, std::string path)
      : session_(std::move(session)), path_(std::move(path)) {}

  std::shared_ptr<const Session> session_;
  std::string path_;
};

}  // namespace cutover::state_version
