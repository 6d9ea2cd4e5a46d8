// A ZooKeeper ensemble of one's own: real servers on loopback, in a temporary folder, whose members
// can be killed, held and started again. They end with the thread that made it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "system/temporary_folder.h"

namespace cutover::state_version {

class ZookeeperEnsemble {
 public:
  /// Starts them, and returns when all of them serve. They grant sessions of at most that long.
  /// Throws std::runtime_error that says what is missing here, or what the servers said.
  explicit ZookeeperEnsemble(unsigned members,
                             std::chrono::milliseconds session = std::chrono::seconds(10));
  ~ZookeeperEnsemble();
  ZookeeperEnsemble(const ZookeeperEnsemble&) = delete;
  ZookeeperEnsemble& operator=(const ZookeeperEnsemble&) = delete;

  /// "127.0.0.1:PORT,127.0.0.1:PORT"
  std::string servers() const;
  std::string server(unsigned member) const;
  /// Which leads; waits until there is one.
  unsigned leader() const;

  void kill(unsigned member);  ///< SIGKILL
  void start(unsigned member);
  /// Until each that runs serves.
  void wait_until_serving() const;

 private:
  struct Member {
    unsigned short client = 0, peer = 0, election = 0;  ///< ports
    pid_t pid = -1;
  };
  void write_configuration(unsigned member, std::chrono::milliseconds session) const;
  std::string mode(unsigned member) const;
  void end(Member& member);

  system::TemporaryFolder folder_;
  std::vector<Member> members_;
};

}  // namespace cutover::state_version
