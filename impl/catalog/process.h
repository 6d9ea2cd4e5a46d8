// A process of the catalog: it moves the truth where it was asked to, and then serves clients
// through the session that it holds. Where the protocol has not seen to it, it brings the contents
// up to the current format in between.
//
// It goes through stages, and a stage needs nothing of those before but the session it is handed:
// that is all the local state which a process carries from one to the next.
#pragma once

#include "impl/catalog/contents.h"
#include "impl/catalog/protocol.h"

namespace cutover::catalog {

/// What a client asks of the process that serves.
struct ClientRequest {
  enum class Kind { get, put, erase };
  Kind kind = Kind::get;
  std::string key;
  std::string value;  ///< of put
};

/// What the client is told.
struct ClientReply {
  Status status = Status::ok;
  Epoch epoch{};
  std::optional<std::string> value{};  ///< what a get saw
  std::string damage{};  ///< not empty: why a get can't tell the value, which is not "no such key"
};

/// The other side of a serving process.
class Clients {
 public:
  virtual ~Clients() = default;
  /// The process serves through this session.
  virtual void serving(const Session& session) = 0;
  /// The next request; nothing when the process is asked to stop.
  virtual awaitable<std::optional<ClientRequest>> next() = 0;
  /// Sent only after the request took effect durably, or failed.
  virtual void reply(const Session& session, const ClientRequest& request,
                     const ClientReply& reply) = 0;
};

struct Stage {
  enum class Kind {
    move,         ///< the protocol's steps, from the first one
    bring_up,     ///< the contents, after a protocol that opens lazily
    serve,        ///< the next client request
    stopped,      ///< was asked to
    fenced,       ///< another process has taken over
    lost_answer,  ///< a step's answer was lost
    unavailable,
    unsupported,  ///< the contents of a store that it had to bring up
  };
  Kind kind = Kind::move;
  std::optional<Session> session;  ///< of bring_up and serve

  bool has_ended() const { return kind >= Kind::stopped; }
};

/// Serves one client request, or none when asked to stop: then it returns false. Throws StepFailed
/// if the request ended otherwise than ok, after the client has been told.
using ServeOne = awaitable<bool> (*)(Session& session, Clients& clients);
awaitable<bool> serve_one(Session& session, Clients& clients);

/// What a process is made of.
struct Plan {
  Protocol protocol;
  Which target = Which::persist;
  ServeOne serve_one = catalog::serve_one;
  Damaged damaged = Damaged::refuse;  ///< values found while copying or upgrading
};

/// Runs one stage and says which comes next. A step that is fenced ends the process: another has
/// taken over. So does a lost answer: the request may still be under way, and would land
/// behind the back of whoever went on with the same session. A process that is started again opens
/// the stores again, and that fences it.
awaitable<Stage> run_stage(Plan plan, Stage stage, Store& stash, Store& persist, Clients& clients);

/// Everything that a process does after its start; the stage at which it ended. Throws StoreError:
/// DamagedValue if it met one that it must refuse.
awaitable<Stage> run_process(Plan plan, Store& stash, Store& persist, Clients& clients);

}  // namespace cutover::catalog
