// Cassandra 5.0.9 itself, nodes on loopback, which cql/fetch gets; or from the folder that
// CUTOVER_CASSANDRA names. Where it was not fetched tests are skipped, and say so; where CI is set
// that is a failure.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "cql/session.h"
#include "system/child_process.h"
#include "system/temporary_folder.h"

namespace cutover::cql {

namespace fs = std::filesystem;

inline constexpr std::chrono::seconds kToServe{120};
inline constexpr std::chrono::seconds kToAnswer{60};

/// As jars.txt lists them; empty if one is not there.
inline std::string class_path() {
  const char* const named = std::getenv("CUTOVER_CASSANDRA");
  const fs::path folder =
      named != nullptr ? fs::path(named) : fs::path(CUTOVER_SOURCE) / "build" / "cassandra";
  std::ifstream list(fs::path(CUTOVER_SOURCE) / "cql" / "jars.txt");
  std::string path;
  for (std::string hash, jar; list >> hash >> jar;) {
    if (!fs::exists(folder / jar)) return "";
    path += (path.empty() ? "" : ":") + (folder / jar).string();
  }
  return path;
}

/// Of the `java` that is found, as in 17 of "17.0.12"; 0: there is none.
inline int java_version() {
  const std::unique_ptr<FILE, int (*)(FILE*)> says(::popen("java -version 2>&1", "r"), ::pclose);
  std::array<char, 200> line{};
  int version = 0;
  // Its own line may come after others, of what it has picked up.
  while (version == 0 && says != nullptr && std::fgets(line.data(), line.size(), says.get())) {
    std::sscanf(line.data(), "%*s version \"%d", &version);
  }
  return version;
}

/// Why Cassandra can't be run here; empty: it can.
inline std::string what_is_missing(const std::string& class_path) {
  if (class_path.empty()) return "CASSANDRA IS NOT THERE: run cql/fetch";
  const int java = java_version();
  if (java >= 11 && java <= 17) return "";
  return fmt::format("CASSANDRA CAN'T BE RUN: it takes Java 11 to 17, and here is {}",
                     java == 0 ? "none" : std::to_string(java));
}

/// That nobody listens on now.
inline std::vector<unsigned short> free_ports(std::size_t count) {
  using boost::asio::ip::tcp;
  boost::asio::io_context context;
  std::vector<tcp::acceptor> listeners;
  std::vector<unsigned short> ports;
  while (ports.size() < count) {
    listeners.emplace_back(context, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    ports.push_back(listeners.back().local_endpoint().port());
  }
  return ports;
}

/// For SetUp(): skips the test if Cassandra can't be run here, or fails it where CI is set.
#define CUTOVER_NEEDS_CASSANDRA(path, unseen)                                              \
  if (const std::string missing = cutover::cql::what_is_missing(path); !missing.empty()) { \
    const std::string say = missing + ". " + unseen + " was NOT seen.";                    \
    if (std::getenv("CI") != nullptr) FAIL() << say;                                       \
    fmt::print(stderr, "{}\n", say);                                                       \
    GTEST_SKIP() << say;                                                                   \
  }

/// One node. It is killed at the end of its scope, and with the thread that made it.
class CassandraNode {
 public:
  enum class Asks { password, nothing };

  /// Begins to start it. `more`: lines of cassandra.yaml.
  CassandraNode(const std::string& class_path, Asks asks, const std::string& more = "")
      : asks_(asks), class_path_(class_path), folder_("cassandra") {
    const auto ports = free_ports(2);
    port_ = ports[0];
    write_configuration(ports[1], more);
    start();
  }
  ~CassandraNode() { kill(); }
  CassandraNode(const CassandraNode&) = delete;
  CassandraNode& operator=(const CassandraNode&) = delete;

  SessionOptions options() const {
    SessionOptions options;
    options.hosts = {{"127.0.0.1", port_}};
    if (asks_ == Asks::password) options.credentials = {"cassandra", "cassandra"};
    options.connect_timeout = kToAnswer;
    return options;
  }
  unsigned short port() const { return port_; }
  std::string address() const { return fmt::format("127.0.0.1:{}", port_); }

  /// By SIGKILL. What it has stored stays, for start().
  void kill() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    system::reap_child(pid_, true);
    pid_ = -1;
  }

  /// It does nothing until it goes on.
  void pause() const { ::kill(pid_, SIGSTOP); }
  void go_on() const { ::kill(pid_, SIGCONT); }

  void start() {
    const std::string place = folder_.path().string();
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const int output =
        ::open((place + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    system::ChildSetup setup;
    // As root it would lock all its memory, three times what it uses.
    if (::geteuid() == 0) setup.command = {"setpriv", "--bounding-set", "-ipc_lock"};
    const std::string rest[] = {"prlimit",
                                "--memlock=65536:65536",
                                "java",
                                "-Xmx256m",
                                "-XX:TieredStopAtLevel=1",
                                "-XX:+UseSerialGC",
                                "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
                                "--add-opens=java.base/java.io=ALL-UNNAMED",
                                "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
                                "-Dcassandra.ring_delay_ms=100",
                                "-Dcassandra.memtable.row_overhead_size=180",
                                "-Dcassandra.superuser_setup_delay_ms=0",
                                "-Dcassandra.config=file://" + place + "/cassandra.yaml",
                                "-Dcassandra.storagedir=" + place,
                                "-Dcassandra.logdir=" + place,
                                "-Dcassandra-foreground=yes",
                                "-Djava.io.tmpdir=" + place,
                                "-Dlogback.configurationFile=" + place + "/logback.xml",
                                "-cp",
                                class_path_,
                                "org.apache.cassandra.service.CassandraDaemon"};
    setup.command.insert(setup.command.end(), std::begin(rest), std::end(rest));
    setup.folder = folder_.path();
    setup.descriptors = {{nothing, 0}, {output, 1}, {output, 2}};
    pid_ = system::start_child(setup);
    ::close(nothing);
    ::close(output);
  }

  void wait_until_serving() {
    const auto until = std::chrono::steady_clock::now() + kToServe;
    for (std::string failure;;) {
      try {
        const Session session(options());
        return;
      } catch (const std::exception& error) {  // also before it has its first user
        failure = error.what();
      }
      if (system::reap_child(pid_, false)) {
        pid_ = -1;
        throw std::runtime_error("Cassandra has ended: " + log());
      }
      if (std::chrono::steady_clock::now() > until)
        throw std::runtime_error("Cassandra does not serve: " + failure + "\n" + log());
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }

  /// The end of what it has printed.
  std::string log() const {
    std::ifstream in(folder_.path() / "log");
    const std::string all{std::istreambuf_iterator<char>(in), {}};
    return all.substr(all.size() - std::min<std::size_t>(all.size(), 4000));
  }

 private:
  void write_configuration(unsigned short storage_port, const std::string& more) const {
    std::ofstream(folder_.path() / "cassandra.yaml") << fmt::format(
        "cluster_name: test\nnum_tokens: 1\ninitial_token: 0\n"
        "partitioner: org.apache.cassandra.dht.Murmur3Partitioner\n"
        "endpoint_snitch: SimpleSnitch\nlisten_address: 127.0.0.1\nrpc_address: 127.0.0.1\n"
        "storage_port: {}\nnative_transport_port: {}\nstart_native_transport: true\n"
        "authenticator: {}\nauthorizer: AllowAllAuthorizer\n"
        "commitlog_sync: batch\nauto_snapshot: false\nmaterialized_views_enabled: false\n"
        "memtable_heap_space: 32MiB\nmemtable_offheap_space: 32MiB\n"
        "seed_provider:\n  - class_name: org.apache.cassandra.locator.SimpleSeedProvider\n"
        "    parameters:\n      - seeds: \"127.0.0.1:{}\"\n{}",
        storage_port, port_,
        asks_ == Asks::password ? "PasswordAuthenticator" : "AllowAllAuthenticator", storage_port,
        more);
    std::ofstream(folder_.path() / "logback.xml")
        << "<configuration><appender name=\"out\" class=\"ch.qos.logback.core.ConsoleAppender\">"
           "<encoder><pattern>%level %logger{0}: %msg%n</pattern></encoder></appender>"
           "<root level=\"WARN\"><appender-ref ref=\"out\"/></root></configuration>\n";
  }

  const Asks asks_;
  const std::string class_path_;
  system::TemporaryFolder folder_;
  unsigned short port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace cutover::cql
