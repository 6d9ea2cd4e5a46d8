------------------------------ MODULE Handover ------------------------------
(***************************************************************************)
(* A value is handed over from an old shelf to a new one, in three steps:  *)
(* open the old shelf, put the value on the new one, leave the old one.    *)
(* Leaving is fenced: only who opened the old shelf last may.              *)
(***************************************************************************)
EXTENDS Integers, Sequences, TLC

CONSTANTS Processes, MaxStarts, MaxCrashes, MaxInFlight, MaxLost, LeavesFirst

VARIABLES store, process, inFlight, used
vars == <<store, process, inFlight, used>>

Program == IF LeavesFirst THEN <<"open", "leave", "put">> ELSE <<"open", "put", "leave">>

Idle    == [pc |-> 0, session |-> 0, value |-> 0]
Nothing == [do |-> "nothing", session |-> 0, value |-> 0]
Does(p) == IF process[p].pc = 0 THEN "nothing" ELSE Program[process[p].pc]
Request(p) == [do |-> Does(p), session |-> process[p].session, value |-> process[p].value]

Init ==
  /\ store = [old |-> [epoch |-> 0, value |-> 7, left |-> FALSE],
              new |-> [epoch |-> 0, value |-> 0, left |-> FALSE]]
  /\ process = [p \in Processes |-> Idle]
  /\ inFlight = [i \in 1 .. MaxInFlight |-> Nothing]
  /\ used = [starts |-> 0, crashes |-> 0, inFlight |-> 0, lost |-> 0]

IsFenced(r) == r.do = "leave" /\ r.session # store.old.epoch

Effect(r) ==
  CASE r.do = "open"  -> [store EXCEPT !.old.epoch = @ + 1]
    [] r.do = "put"   -> [store EXCEPT !.new.value = r.value]
    [] r.do = "leave" -> IF IsFenced(r) THEN store ELSE [store EXCEPT !.old.left = TRUE]

Onward(l) == IF l.pc = Len(Program) THEN Idle ELSE [l EXCEPT !.pc = @ + 1]

Start(p) ==
  /\ process[p].pc = 0 /\ used.starts < MaxStarts
  /\ process' = [process EXCEPT ![p].pc = 1]
  /\ used' = [used EXCEPT !.starts = @ + 1]
  /\ UNCHANGED <<store, inFlight>>

Proceed(p, l) ==
  /\ ~IsFenced(Request(p))
  /\ store' = Effect(Request(p))
  /\ process' = [process EXCEPT ![p] = l]
  /\ UNCHANGED <<inFlight, used>>

Open(p) ==
  /\ Does(p) = "open"
  /\ Proceed(p, IF store.old.left THEN Idle
                ELSE Onward([process[p] EXCEPT !.session = store.old.epoch + 1,
                                               !.value = store.old.value]))

Put(p) == Does(p) = "put" /\ Proceed(p, Onward(process[p]))

Leave(p) == Does(p) = "leave" /\ Proceed(p, Onward(process[p]))

Fenced(p) ==
  /\ Does(p) # "nothing" /\ IsFenced(Request(p))
  /\ process' = [process EXCEPT ![p] = Idle]
  /\ UNCHANGED <<store, inFlight, used>>

End(p) == Does(p) # "nothing" /\ process' = [process EXCEPT ![p] = Idle]
Leaves(p) == used.inFlight < MaxInFlight /\ inFlight' = [inFlight EXCEPT ![used.inFlight + 1] = Request(p)]
Crash == used.crashes < MaxCrashes
Lose  == used.lost < MaxLost

CrashBefore(p)   == Crash /\ End(p) /\ used' = [used EXCEPT !.crashes = @ + 1]
                    /\ UNCHANGED <<store, inFlight>>
CrashAfter(p)    == Crash /\ End(p) /\ used' = [used EXCEPT !.crashes = @ + 1]
                    /\ store' = Effect(Request(p)) /\ UNCHANGED inFlight
CrashInFlight(p) == Crash /\ End(p) /\ Leaves(p) /\ UNCHANGED store
                    /\ used' = [used EXCEPT !.crashes = @ + 1, !.inFlight = @ + 1]
LoseBefore(p)    == Lose /\ End(p) /\ used' = [used EXCEPT !.lost = @ + 1]
                    /\ UNCHANGED <<store, inFlight>>
LoseAfter(p)     == Lose /\ End(p) /\ used' = [used EXCEPT !.lost = @ + 1]
                    /\ store' = Effect(Request(p)) /\ UNCHANGED inFlight
LoseInFlight(p)  == Lose /\ End(p) /\ Leaves(p) /\ UNCHANGED store
                    /\ used' = [used EXCEPT !.lost = @ + 1, !.inFlight = @ + 1]

Land(i) ==
  /\ inFlight[i].do # "nothing"
  /\ store' = Effect(inFlight[i])
  /\ inFlight' = [inFlight EXCEPT ![i] = Nothing]
  /\ UNCHANGED <<process, used>>

Next ==
  \/ \E p \in Processes : Start(p)
  \/ \E p \in Processes : Open(p)
  \/ \E p \in Processes : Put(p)
  \/ \E p \in Processes : Leave(p)
  \/ \E p \in Processes : Fenced(p)
  \/ \E p \in Processes : CrashBefore(p)
  \/ \E p \in Processes : CrashAfter(p)
  \/ \E p \in Processes : CrashInFlight(p)
  \/ \E p \in Processes : LoseBefore(p)
  \/ \E p \in Processes : LoseAfter(p)
  \/ \E p \in Processes : LoseInFlight(p)
  \/ \E i \in 1 .. MaxInFlight : Land(i)

Spec == Init /\ [][Next]_vars

NoLostValue == store.old.left => store.new.value = 7

(* What must be reached for that to mean anything. Always true; TLC says once that it was seen. *)
ASSUME TLCSet(1, FALSE)
Witnessed == TLCGet(1) \/ ~store.old.left \/ (TLCSet(1, TRUE) /\ PrintT(<<"witness", "Leaves">>))
=============================================================================
