#include "impl/catalog/process.h"

#include "impl/catalog/contents.h"

namespace cutover::catalog {
namespace {

awaitable<ClientReply> carry_out(Session& session, const ClientRequest& request) {
  ClientReply reply;
  reply.epoch = session.epoch();
  if (request.kind == ClientRequest::Kind::get) {
    const auto stored = co_await session.try_get(request.key);
    reply.status = stored ? Status::ok : stored.error();
    if (stored && *stored) {
      reply.value = decode_value(kCurrentFormat, request.key, **stored);
      if (!reply.value) reply.damage = damage_text(session.store().name(), request.key);
    }
    co_return reply;
  }
  Transaction transaction;
  auto& entry = transaction.entries[request.key];
  if (request.kind == ClientRequest::Kind::put) {
    entry = encode_value(kCurrentFormat, request.key, request.value);
  }
  const auto committed = co_await session.try_commit(std::move(transaction));
  reply.status = committed ? Status::ok : committed.error();
  co_return reply;
}

awaitable<Stage> advance(Plan plan, Stage stage, Store& stash, Store& persist, Clients& clients) {
  if (stage.kind == Stage::Kind::move) {
    const auto move =
        plan.target == Which::persist ? plan.protocol.migrate : plan.protocol.rollback;
    const Session session = co_await move(stash, persist);
    const bool is_brought_up = !plan.protocol.opens_lazily;
    co_return Stage{is_brought_up ? Stage::Kind::serve : Stage::Kind::bring_up, session};
  }
  if (stage.kind == Stage::Kind::bring_up) {
    co_await bring_up(*stage.session);
    co_return Stage{Stage::Kind::serve, stage.session};
  }
  clients.serving(*stage.session);
  const bool served = co_await plan.serve_one(*stage.session, clients);
  if (!served) co_return Stage{Stage::Kind::stopped, std::nullopt};
  co_return stage;
}

Stage after(Status failure) {
  switch (failure) {
    case Status::fenced: return {Stage::Kind::fenced, std::nullopt};
    case Status::lost_answer: return {Stage::Kind::lost_answer, std::nullopt};
    default: return {Stage::Kind::unavailable, std::nullopt};
  }
}

}  // namespace

awaitable<bool> serve_one(Session& session, Clients& clients) {
  const std::optional<ClientRequest> request = co_await clients.next();
  if (!request) co_return false;
  const ClientReply reply = co_await carry_out(session, *request);
  clients.reply(session, *request, reply);
  if (reply.status != Status::ok) throw StepFailed(reply.status);
  co_return true;
}

awaitable<Stage> run_stage(Plan plan, Stage stage, Store& stash, Store& persist, Clients& clients) {
  try {
    co_return co_await advance(plan, stage, stash, persist, clients);
  } catch (const StepFailed& failed) {
    co_return after(failed.status());
  } catch (const UnsupportedContents&) {
    co_return Stage{Stage::Kind::unsupported, std::nullopt};
  }
}

awaitable<Stage> run_process(Plan plan, Store& stash, Store& persist, Clients& clients) {
  VerifiedStore verified_stash(stash, plan.damaged), verified_persist(persist, plan.damaged);
  Stage stage;
  while (!stage.has_ended()) {
    stage = co_await run_stage(plan, stage, verified_stash, verified_persist, clients);
  }
  co_return stage;
}

}  // namespace cutover::catalog
