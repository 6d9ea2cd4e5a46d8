------------------------------ MODULE JobQueue ------------------------------
(***************************************************************************)
(* A job queue moves from an old store to a new one while servers accept   *)
(* jobs. A move takes both queues, looks at the old one again, fills the   *)
(* new one, and marks the old one as moved; then it serves the new one.    *)
(* Whoever took a queue last owns it; others are rejected.                 *)
(***************************************************************************)
EXTENDS Integers, FiniteSets, TLC

CONSTANTS Processes, MaxStarts, MaxCrashes, MaxInFlight, MaxLost, MaxWrites, LooksAgain

VARIABLES queue, process, inFlight, brought, accepted, used
vars == <<queue, process, inFlight, brought, accepted, used>>

Nowhere == [at |-> "nowhere", old |-> 0, new |-> 0, jobs |-> {}, moved |-> FALSE]
Nothing == [do |-> "nothing", owner |-> 0, jobs |-> {}]

Init ==
  /\ queue = [old |-> [owner |-> 0, jobs |-> {7}, moved |-> FALSE],
              new |-> [owner |-> 0, jobs |-> {}, moved |-> FALSE]]
  /\ process = [p \in Processes |-> Nowhere]
  /\ inFlight = [i \in 1 .. MaxInFlight |-> Nothing]
  /\ brought = 0
  /\ accepted = {7}
  /\ used = [starts |-> 0, crashes |-> 0, inFlight |-> 0, lost |-> 0]

(* What a process asks of a store. *)
Request(p) ==
  LET l == process[p]
      Asks(do, owner, jobs) == [do |-> do, owner |-> owner, jobs |-> jobs]
  IN CASE l.at \in {"serve take", "move take old"} -> Asks("take old", 0, {})
       [] l.at = "move take new" -> Asks("take new", 0, {})
       [] l.at = "move look"     -> Asks("look", 0, {})
       [] l.at = "move fill"     -> Asks("fill", l.new, l.jobs)
       [] l.at = "move mark"     -> Asks("mark", l.old, {})
       [] l.at = "serve push"    -> Asks("push old", l.old, l.jobs)
       [] l.at = "move push"     -> Asks("push new", l.new, l.jobs)
       [] OTHER                  -> Nothing

IsRejected(r) ==
  \/ r.do \in {"mark", "push old"} /\ r.owner # queue.old.owner
  \/ r.do \in {"fill", "push new"} /\ r.owner # queue.new.owner

(* The queues once a request has taken effect. *)
Effect(r) ==
  IF IsRejected(r) THEN queue ELSE
  CASE r.do = "take old" -> [queue EXCEPT !.old.owner = @ + 1]
    [] r.do = "take new" -> [queue EXCEPT !.new.owner = @ + 1]
    [] r.do = "fill"     -> [queue EXCEPT !.new.jobs = r.jobs]
    [] r.do = "mark"     -> [queue EXCEPT !.old.moved = TRUE]
    [] r.do = "push old" -> [queue EXCEPT !.old.jobs = @ \cup r.jobs]
    [] r.do = "push new" -> [queue EXCEPT !.new.jobs = @ \cup r.jobs]
    [] OTHER             -> queue

ServesNew(l) == [Nowhere EXCEPT !.at = "move wait", !.new = l.new]

-----------------------------------------------------------------------------
(* What processes do. *)

Start(p) ==
  /\ process[p].at = "nowhere" /\ used.starts < MaxStarts
  /\ \E at \in {"serve take", "move take old"} : process' = [process EXCEPT ![p].at = at]
  /\ used' = [used EXCEPT !.starts = @ + 1]
  /\ UNCHANGED <<queue, inFlight, brought, accepted>>

IsWaiting(p) == process[p].at \in {"serve wait", "move wait"}

Client(p) ==
  /\ IsWaiting(p) /\ brought < MaxWrites
  /\ brought' = brought + 1
  /\ process' = [process EXCEPT ![p].jobs = {brought + 1},
                                ![p].at = IF @ = "serve wait" THEN "serve push" ELSE "move push"]
  /\ UNCHANGED <<queue, inFlight, accepted, used>>

Stop(p) ==
  /\ IsWaiting(p)
  /\ process' = [process EXCEPT ![p] = Nowhere]
  /\ UNCHANGED <<queue, inFlight, brought, accepted, used>>

(* The request of p is one of these, takes effect, and is answered; p is then like l. *)
Step(p, does, l) ==
  /\ Request(p).do \in does /\ ~IsRejected(Request(p))
  /\ queue' = Effect(Request(p))
  /\ process' = [process EXCEPT ![p] = l]
  /\ UNCHANGED <<inFlight, brought, used>>

Take(p) ==
  LET owner == queue.old.owner + 1
      Moves == IF LooksAgain THEN [Nowhere EXCEPT !.at = "move take new", !.old = owner]
               ELSE [at |-> "move take new", old |-> owner, new |-> 0,
                     jobs |-> queue.old.jobs, moved |-> queue.old.moved]
      Serves == IF queue.old.moved THEN Nowhere
                ELSE [Nowhere EXCEPT !.at = "serve wait", !.old = owner]
  IN Step(p, {"take old"}, IF process[p].at = "serve take" THEN Serves ELSE Moves)
     /\ UNCHANGED accepted

TakeNew(p) ==
  LET l == [process[p] EXCEPT !.new = queue.new.owner + 1,
                              !.at = IF LooksAgain THEN "move look" ELSE "move fill"]
  IN Step(p, {"take new"}, IF l.moved THEN ServesNew(l) ELSE l) /\ UNCHANGED accepted

Look(p) ==
  Step(p, {"look"}, IF queue.old.moved THEN ServesNew(process[p])
                    ELSE [process[p] EXCEPT !.at = "move fill", !.jobs = queue.old.jobs])
  /\ UNCHANGED accepted

Fill(p) ==
  Step(p, {"fill"}, [process[p] EXCEPT !.at = "move mark", !.jobs = {}]) /\ UNCHANGED accepted

Mark(p) == Step(p, {"mark"}, ServesNew(process[p])) /\ UNCHANGED accepted

Push(p) ==
  /\ Step(p, {"push old", "push new"},
          IF process[p].at = "move push" THEN ServesNew(process[p])
          ELSE [process[p] EXCEPT !.at = "serve wait", !.jobs = {}])
  /\ accepted' = accepted \cup process[p].jobs

Rejected(p) ==
  /\ IsRejected(Request(p))
  /\ process' = [process EXCEPT ![p] = Nowhere]
  /\ UNCHANGED <<queue, inFlight, brought, accepted, used>>

-----------------------------------------------------------------------------
(* What befalls them. *)

End(p) == /\ Request(p) # Nothing
          /\ process' = [process EXCEPT ![p] = Nowhere]
          /\ UNCHANGED <<brought, accepted>>
Crashes == used.crashes < MaxCrashes /\ used' = [used EXCEPT !.crashes = @ + 1]
Loses   == used.lost < MaxLost /\ used' = [used EXCEPT !.lost = @ + 1]
Writes(p) == Request(p).do # "look"
Stays(p) == /\ Writes(p) /\ used.inFlight < MaxInFlight
            /\ inFlight' = [inFlight EXCEPT ![used.inFlight + 1] = Request(p)]
            /\ UNCHANGED queue

CrashBefore(p)   == End(p) /\ Crashes /\ UNCHANGED <<queue, inFlight>>
CrashAfter(p)    == End(p) /\ Crashes /\ Writes(p) /\ queue' = Effect(Request(p)) /\ UNCHANGED inFlight
CrashInFlight(p) == End(p) /\ Stays(p) /\ used.crashes < MaxCrashes
                    /\ used' = [used EXCEPT !.crashes = @ + 1, !.inFlight = @ + 1]
LoseBefore(p)    == End(p) /\ Loses /\ UNCHANGED <<queue, inFlight>>
LoseAfter(p)     == End(p) /\ Loses /\ Writes(p) /\ queue' = Effect(Request(p)) /\ UNCHANGED inFlight
LoseInFlight(p)  == End(p) /\ Stays(p) /\ used.lost < MaxLost
                    /\ used' = [used EXCEPT !.lost = @ + 1, !.inFlight = @ + 1]

Land(i) ==
  /\ inFlight[i] # Nothing
  /\ queue' = Effect(inFlight[i])
  /\ inFlight' = [inFlight EXCEPT ![i] = Nothing]
  /\ UNCHANGED <<process, brought, accepted, used>>

Next ==
  \/ \E p \in Processes : Start(p)
  \/ \E p \in Processes : Client(p)
  \/ \E p \in Processes : Stop(p)
  \/ \E p \in Processes : Take(p)
  \/ \E p \in Processes : TakeNew(p)
  \/ \E p \in Processes : Look(p)
  \/ \E p \in Processes : Fill(p)
  \/ \E p \in Processes : Mark(p)
  \/ \E p \in Processes : Push(p)
  \/ \E p \in Processes : Rejected(p)
  \/ \E p \in Processes : CrashBefore(p)
  \/ \E p \in Processes : CrashAfter(p)
  \/ \E p \in Processes : CrashInFlight(p)
  \/ \E p \in Processes : LoseBefore(p)
  \/ \E p \in Processes : LoseAfter(p)
  \/ \E p \in Processes : LoseInFlight(p)
  \/ \E i \in 1 .. MaxInFlight : Land(i)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
NoLostJob == accepted \subseteq (IF queue.old.moved THEN queue.new.jobs ELSE queue.old.jobs)

(* What must be reached for that to mean anything. Always true; TLC says once that it was seen. *)
ASSUME TLCSet(1, FALSE)
PushedOnBothSides == Cardinality(queue.new.jobs) > Cardinality(queue.old.jobs)
                     /\ Cardinality(queue.old.jobs) > 1
Witnessed == TLCGet(1) \/ ~PushedOnBothSides
             \/ (TLCSet(1, TRUE) /\ PrintT(<<"witness", "PushedOnBothSides">>))
=============================================================================
