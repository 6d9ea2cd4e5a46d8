----------------------------- MODULE Witnesses ------------------------------
(***************************************************************************)
(* What must be reached for the invariants to mean anything: a protocol    *)
(* that never moves loses no write. A configuration checks Witnessed and   *)
(* WitnessedSteps beside the invariants; both hold, and TLC prints         *)
(*                                                                         *)
(*   <<"witness", "Moves">>                                                *)
(*                                                                         *)
(* where it first reaches what `Moves` says. The runner listens, and       *)
(* demands all that the configuration lists.                               *)
(***************************************************************************)
EXTENDS Catalog, TLC

Other(at)        == IF at = "stash" THEN "persist" ELSE "stash"
AnsweredThere    == TheTruth # "none" /\ client.on = Other(TheTruth) /\ client.maybe = {}
IsFencedThere(p) == process[p][process[p].target] # store[process[p].target].epoch
Serves(at)       == \E p \in Processes : /\ IsServing(p) /\ process[p].target = at
                                         /\ ~IsFencedThere(p)

-----------------------------------------------------------------------------
(* Of states *)

Moves            == TheTruth = "persist"
MovesBack        == TheTruth = "stash" /\ client.on = "persist"
MovesAPut        == AnsweredThere /\ client.acked # "none" /\ Held.a = client.acked
MovesADelete     == AnsweredThere /\ client.acked = "none" /\ Held.a = "none"
HoldsUnanswered  == TheTruth # "none" /\ Held.a # client.acked
ServesStash      == Serves("stash")
ServesPersist    == Serves("persist")
Believes         == \E p \in Processes : IsServing(p) /\ IsFencedThere(p)

(* Of steps: a request that lands and takes effect, one that is rejected, and clients answered by
   one store and then by the other. *)

Lands            == \E i \in 1 .. MaxInFlight : Land(i) /\ store' # store
Rejects          == \E p \in Processes : Fenced(p)
AnswersOnBoth    == client.on # "none" /\ client'.on # client.on

-----------------------------------------------------------------------------
ASSUME \A number \in 1 .. 11 : TLCSet(number, FALSE)

(* Always true. Says once that it was seen. *)
See(number, name, IsSeen) ==
  TLCGet(number) \/ ~IsSeen \/ (TLCSet(number, TRUE) /\ PrintT(<<"witness", name>>))

Witnessed ==
  /\ See(1, "Moves", Moves)
  /\ See(2, "MovesBack", MovesBack)
  /\ See(3, "MovesAPut", MovesAPut)
  /\ See(4, "MovesADelete", MovesADelete)
  /\ See(5, "HoldsUnanswered", HoldsUnanswered)
  /\ See(6, "ServesStash", ServesStash)
  /\ See(7, "ServesPersist", ServesPersist)
  /\ See(8, "Believes", Believes)

WitnessedSteps == [][
  /\ See(9, "Lands", Lands)
  /\ See(10, "Rejects", Rejects)
  /\ See(11, "AnswersOnBoth", AnswersOnBoth)]_vars
=============================================================================
