----------------------------- MODULE Witnesses ------------------------------
(***************************************************************************)
(* What must be reachable for the invariants to mean anything. Each line   *)
(* says that it never happens, and TLC must find that line violated.       *)
(*                                                                         *)
(* The first are state predicates. What needs a step to be seen (a request *)
(* that lands and takes effect; one that is rejected; clients answered by  *)
(* one store and then by the other) is an action property.                 *)
(***************************************************************************)
EXTENDS Catalog

Other(at)       == IF at = "stash" THEN "persist" ELSE "stash"
AnsweredThere   == client.on = Other(TheTruth) /\ client.maybe = {}
IsFencedThere(p) == process[p][process[p].target] # store[process[p].target].epoch
Serves(at)      == \E p \in Processes : /\ IsServing(p) /\ process[p].target = at
                                        /\ ~IsFencedThere(p)

NeverMoves            == TheTruth # "persist"
NeverMovesBack        == ~(TheTruth = "stash" /\ client.on = "persist")
NeverMovesAPut        == ~(AnsweredThere /\ client.acked # "none" /\ Held.a = client.acked)
NeverMovesADelete     == ~(AnsweredThere /\ client.acked = "none" /\ Held.a = "none")
NeverHoldsUnanswered  == ~(TheTruth # "none" /\ Held.a # client.acked)
NeverServesStash      == ~Serves("stash")
NeverServesPersist    == ~Serves("persist")
NeverBelieves         == ~ \E p \in Processes : IsServing(p) /\ IsFencedThere(p)

NeverLands            == [][~ \E i \in 1 .. MaxInFlight : Land(i) /\ store' # store]_vars
NeverRejects          == [][~ \E p \in Processes : Fenced(p)]_vars
NeverAnswersOnBoth    == [][client.on = "none" \/ client'.on = client.on]_vars
=============================================================================
