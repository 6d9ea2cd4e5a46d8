#include "properties/state_version/zookeeper_ensemble.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "system/child_process.h"

namespace cutover::state_version {
namespace {

namespace fs = std::filesystem;
namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

constexpr const char* kJar = "/usr/share/java/zookeeper.jar";
constexpr std::chrono::milliseconds kTick{100};
constexpr std::chrono::seconds kToServe{60};

/// As Debian has it, or where the environment says.
std::string class_path() {
  const char* const named = std::getenv("CUTOVER_ZOOKEEPER_CLASSPATH");
  if (named != nullptr && *named != '\0') return named;
  if (fs::exists(kJar)) return kJar;
  throw std::runtime_error(
      "no ZooKeeper: install zookeeper, or name its class path in CUTOVER_ZOOKEEPER_CLASSPATH");
}

/// That nobody listens on now.
std::vector<unsigned short> free_ports(std::size_t count) {
  asio::io_context context;
  std::vector<tcp::acceptor> listeners;
  std::vector<unsigned short> ports;
  for (std::size_t i = 0; i < count; ++i) {
    listeners.emplace_back(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    ports.push_back(listeners.back().local_endpoint().port());
  }
  return ports;
}

/// Until it is true; false if that takes too long.
bool becomes_true(const std::function<bool()>& condition) {
  const auto until = Clock::now() + kToServe;
  while (!condition()) {
    if (Clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

bool has_ended(pid_t child) {
  siginfo_t info = {};
  const int found = ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT);
  return found == 0 && info.si_pid == child;
}

}  // namespace

ZookeeperEnsemble::ZookeeperEnsemble(unsigned members, std::chrono::milliseconds session)
    : folder_("zookeeper"), members_(members) {
  const auto ports = free_ports(3 * members);
  for (unsigned i = 0; i < members; ++i) {
    members_[i] = {ports[3 * i], ports[3 * i + 1], ports[3 * i + 2], -1};
  }
  try {
    for (unsigned i = 0; i < members; ++i) {
      write_configuration(i, session);
      start(i);
    }
    wait_until_serving();
  } catch (...) {
    for (Member& member : members_) end(member);
    throw;
  }
}

ZookeeperEnsemble::~ZookeeperEnsemble() {
  for (Member& member : members_) end(member);
}

std::string ZookeeperEnsemble::server(unsigned member) const {
  return fmt::format("127.0.0.1:{}", members_[member].client);
}

std::string ZookeeperEnsemble::servers() const {
  std::vector<std::string> all;
  for (unsigned i = 0; i < members_.size(); ++i) all.push_back(server(i));
  return fmt::format("{}", fmt::join(all, ","));
}

void ZookeeperEnsemble::write_configuration(unsigned member,
                                            std::chrono::milliseconds session) const {
  const fs::path data = folder_.path() / fmt::format("data-{}", member);
  fs::create_directories(data);
  std::ofstream(data / "myid") << member + 1 << "\n";
  std::ofstream out(folder_.path() / fmt::format("{}.cfg", member));
  out << fmt::format(
      "tickTime={}\ninitLimit=100\nsyncLimit=50\nmaxSessionTimeout={}\ndataDir={}\n"
      "clientPort={}\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n"
      "4lw.commands.whitelist=srvr\nmaxClientCnxns=0\n",
      kTick.count(), session.count(), data.string(), members_[member].client);
  for (unsigned i = 0; members_.size() > 1 && i < members_.size(); ++i) {
    out << fmt::format("server.{}=127.0.0.1:{}:{}\n", i + 1, members_[i].peer,
                       members_[i].election);
  }
}

void ZookeeperEnsemble::start(unsigned member) {
  const fs::path log = folder_.path() / fmt::format("{}.log", member);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  system::ChildSetup setup;
  // Not synced: what is shown is of kills, which the operating system outlives.
  setup.command = {"java",
                   "-Xmx128m",
                   "-XX:+UseSerialGC",
                   "-XX:TieredStopAtLevel=1",
                   "-Dzookeeper.forceSync=no",
                   "-cp",
                   class_path(),
                   "org.apache.zookeeper.server.quorum.QuorumPeerMain",
                   fmt::format("{}.cfg", member)};
  setup.folder = folder_.path();
  setup.descriptors = {{nothing, 0}, {output, 1}, {output, 2}};
  members_[member].pid = system::start_child(setup);
  ::close(nothing);
  ::close(output);
}

void ZookeeperEnsemble::end(Member& member) {
  if (member.pid < 0) return;
  ::kill(member.pid, SIGKILL);
  system::reap_child(member.pid, true);
  member.pid = -1;
}

void ZookeeperEnsemble::kill(unsigned member) { end(members_[member]); }

/// "leader", "follower", "standalone"; empty while it does not serve.
std::string ZookeeperEnsemble::mode(unsigned member) const {
  tcp::iostream asked;
  asked.expires_after(std::chrono::seconds(2));
  asked.connect("127.0.0.1", std::to_string(members_[member].client));
  asked << "srvr" << std::flush;
  const std::string before = "Mode: ";
  for (std::string line; std::getline(asked, line);) {
    if (line.starts_with(before)) return line.substr(before.size());
  }
  return "";
}

void ZookeeperEnsemble::wait_until_serving() const {
  for (unsigned i = 0; i < members_.size(); ++i) {
    if (members_[i].pid < 0) continue;
    becomes_true([&] { return !mode(i).empty() || has_ended(members_[i].pid); });
    if (!mode(i).empty()) continue;
    std::ifstream log(folder_.path() / fmt::format("{}.log", i));
    throw std::runtime_error("ZooKeeper does not serve; it said:\n" +
                             std::string(std::istreambuf_iterator<char>(log), {}));
  }
}

unsigned ZookeeperEnsemble::leader() const {
  unsigned found = 0;
  const bool is_there = becomes_true([&] {
    for (found = 0; found < members_.size(); ++found) {
      if (members_[found].pid < 0) continue;
      const std::string is = mode(found);
      if (is == "leader" || is == "standalone") return true;
    }
    return false;
  });
  if (!is_there) throw std::runtime_error("the ensemble has no leader");
  return found;
}

}  // namespace cutover::state_version
