------------------------------ MODULE Counters --------------------------------
(***************************************************************************)
(* A counter moves to another cluster while it is counted on               *)
(* (impl/online/counters.h; the steps are those of docs/design-online.md). *)
(* It can only be added to. Its value is that of the source's counter and  *)
(* of all the target's, or, once there is a base of generation g, that of  *)
(* the base and of the target's counters from g on.                        *)
(*                                                                         *)
(* Programs are the operator, "move", and an application, which adds 1 at  *)
(* a time, and reads. One counter is modelled; that others may come while  *)
(* it moves are the operator's steps "late ...", which look for the source *)
(* once more, and the second beginning.                                    *)
(***************************************************************************)
EXTENDS Integers, TLC

CONSTANTS Processes, MaxStarts, MaxCrashes, MaxInFlight, MaxLost, MaxPuts, MaxReads,
          Flaw          \* of a mutant; or "none"

VARIABLES source,       \* its counter
          target,       \* its base, and its counters by generation
          generation,   \* that the record names: where applications add
          process, inFlight, clients, used
vars == <<source, target, generation, process, inFlight, clients, used>>

Before      == 5        \* counted at the beginning
Generations == 1 .. 2
Max(a, b)   == IF a > b THEN a ELSE b

NoBase  == [generation |-> 0, value |-> 0]
Nowhere == [at |-> "nowhere", program |-> "none", known |-> 0, base |-> NoBase, value |-> 0,
            generation |-> 0, last |-> 0, asked |-> 0]
Nothing == [at |-> "nowhere", generation |-> 0, base |-> NoBase]

Init ==
  /\ \/ source = Before /\ target = [base |-> NoBase, counter |-> <<0, 0>>] /\ generation = 0
     \/ source = 0 /\ target = [base |-> NoBase, counter |-> <<Before, 0>>] /\ generation = 2
  /\ process = [p \in Processes |-> Nowhere]
  /\ inFlight = [i \in 1 .. MaxInFlight |-> Nothing]
  /\ clients = [sent |-> 0, counts |-> 0, reads |-> 0, wrongRead |-> FALSE]
  /\ used = [starts |-> 0, crashes |-> 0, inFlight |-> 0, lost |-> 0]

-----------------------------------------------------------------------------
(* What a process asks of a store, and what comes of it. *)

Folds == {"source fold", "late fold", "first fold"}
Nexts == {"next first", "next second"}
Writes(r) == r.at \in Folds \cup Nexts \cup {"add", "drop source", "drop first"}

Becomes(g, value) == [generation |-> g, value |-> value]
Request(l) ==
  CASE l.at = "next second"                 -> [Nothing EXCEPT !.at = l.at, !.generation = 1]
    [] l.at \in {"source fold", "late fold"} -> [Nothing EXCEPT !.at = l.at,
                                                               !.base = Becomes(1, l.value)]
    [] l.at = "first fold"                  -> [Nothing EXCEPT !.at = l.at, !.generation = 1,
                                                               !.base = Becomes(2, l.value)]
    [] l.at = "add"                         -> [Nothing EXCEPT !.at = l.at, !.generation = l.known]
    [] l.at \in {"nowhere", "wait"}         -> Nothing
    [] OTHER                                -> [Nothing EXCEPT !.at = l.at]

IsTooLate(r) == Flaw # "folds blindly" /\ r.generation # target.base.generation
BaseOf(r)    == IF Flaw = "folds twice" THEN [r.base EXCEPT !.generation = 1] ELSE r.base

(* The stores once a request has taken effect. *)
SourceThen(r) ==
  CASE r.at = "add" /\ r.generation = 0 -> source + 1
    [] r.at = "drop source"             -> 0
    [] OTHER                            -> source
TargetThen(r) ==
  CASE r.at = "add" /\ r.generation > 0     -> [target EXCEPT !.counter[r.generation] = @ + 1]
    [] r.at \in Folds /\ ~IsTooLate(r)      -> [target EXCEPT !.base = BaseOf(r)]
    [] r.at = "drop first"                  -> [target EXCEPT !.counter[1] = 0]
    [] OTHER                                -> target
GenerationThen(r) ==
  IF r.at \in Nexts /\ r.generation = generation THEN generation + 1 ELSE generation

TakesEffect(r) ==
  source' = SourceThen(r) /\ target' = TargetThen(r) /\ generation' = GenerationThen(r)

-----------------------------------------------------------------------------
(* What processes do. *)

Start(p) ==
  /\ process[p] = Nowhere /\ used.starts < MaxStarts
  /\ \E first \in {<<"move", IF Flaw = "folds late" THEN "next first" ELSE "generation">>,
                    <<"application", "learn">>} :
       process' = [process EXCEPT ![p] = [Nowhere EXCEPT !.program = first[1], !.at = first[2]]]
  /\ used' = [used EXCEPT !.starts = @ + 1]
  /\ UNCHANGED <<source, target, generation, inFlight, clients>>

At(l, at)     == [l EXCEPT !.at = at]
Waits(l, g)   == [Nowhere EXCEPT !.at = "wait", !.program = l.program, !.known = g]
Operator(at)  == [Nowhere EXCEPT !.at = at, !.program = "move"]
HasSource(l)  == IF l.known = 1 THEN [Operator("next second") EXCEPT !.known = 1]
                                ELSE Operator("late base")
Counters(l)   == At(l, IF l.generation <= l.last THEN "read counter" ELSE "read again")
(* A reader that knows the last generation: before that the source may have what no base has. *)
HasLast(l, g) ==
  LET read == [l EXCEPT !.last = g]
  IN IF l.base.generation = 0 /\ g < 2 THEN At(read, "read source") ELSE Counters(read)

(* The process once it was answered. *)
After(l) ==
  CASE l.at = "next first" /\ Flaw = "folds late" -> At(l, "next second")
    [] l.at \in {"generation", "next first"} ->                                   \* 1
         LET g == GenerationThen(Request(l))
         IN At([l EXCEPT !.known = g], IF g = 0 THEN "next first" ELSE "source base")
    [] l.at = "source base" ->                                                    \* 2
         IF target.base.generation # 0 THEN HasSource(l) ELSE At(l, "source value")
    [] l.at = "source value" -> At([l EXCEPT !.value = source], "source fold")
    [] l.at = "source fold" -> HasSource(l)
    [] l.at = "next second" ->
         Operator(IF Flaw = "folds late" THEN "generation" ELSE "late base")      \* 3
    [] l.at = "late base" ->                                                      \* 4
         At(l, IF target.base.generation # 0 THEN "first base" ELSE "late value")
    [] l.at = "late value" -> At([l EXCEPT !.value = source], "late fold")
    [] l.at = "late fold" -> Operator("first base")
    [] l.at = "first base" ->
         IF target.base.generation # 1 THEN At(l, "drop base")
         ELSE At([l EXCEPT !.base = target.base], "first value")
    [] l.at = "first value" ->
         At([l EXCEPT !.value = l.base.value + target.counter[1], !.base = NoBase], "first fold")
    [] l.at = "first fold" -> Operator("drop base")
    [] l.at = "drop base" -> IF target.base.generation < 2 THEN Nowhere ELSE At(l, "drop source")
    [] l.at = "drop source" -> At(l, "drop first")
    [] l.at = "drop first" -> Nowhere
    [] l.at = "learn" -> Waits(l, generation)
    [] l.at = "add" -> IF Flaw = "counts blindly" THEN Waits(l, l.known) ELSE At(l, "ask")
    [] l.at = "ask" -> Waits(l, generation)
    [] l.at = "read base" ->
         LET read == [l EXCEPT !.base.generation = target.base.generation,
                               !.value = target.base.value,
                               !.generation = Max(target.base.generation, 1)]
         IN IF Flaw = "reads too few" THEN HasLast(read, l.known) ELSE At(read, "read last")
    [] l.at = "read last" -> HasLast(l, generation)
    [] l.at = "read source" -> Counters([l EXCEPT !.value = @ + source])
    [] l.at = "read counter" ->
         Counters([l EXCEPT !.value = @ + target.counter[l.generation], !.generation = @ + 1])
    [] l.at = "read again" ->
         IF target.base.generation = l.base.generation THEN Waits(l, l.known)
         ELSE [Nowhere EXCEPT !.at = "read base", !.program = l.program, !.known = l.known,
                              !.asked = l.asked]

(* What the clients are told then. *)
Counts(l)     == \/ l.at = "add" /\ Flaw = "counts blindly"
                 \/ l.at = "ask" /\ l.known = generation
ReadsWrong(l) == /\ l.at = "read again" /\ target.base.generation = l.base.generation
                 /\ ~(l.value - Before \in l.asked .. clients.sent)

Step(p, ats) ==
  LET l == process[p]
  IN /\ l.at \in ats
     /\ TakesEffect(Request(l))
     /\ process' = [process EXCEPT ![p] = After(l)]
     /\ UNCHANGED <<inFlight, used>>
Told(p) ==
  LET l == process[p]
  IN clients' = [clients EXCEPT !.counts = IF Counts(l) THEN @ + 1 ELSE @,
                                !.wrongRead = @ \/ ReadsWrong(l)]

Generation(p)     == Step(p, {"generation", "learn", "ask", "read last"}) /\ Told(p)
NextGeneration(p) == Step(p, Nexts) /\ UNCHANGED clients
ReadBase(p)       == /\ Step(p, {"source base", "late base", "first base", "drop base",
                                 "read base", "read again"})
                     /\ Told(p)
ReadSource(p)     == Step(p, {"source value", "late value", "read source"}) /\ UNCHANGED clients
ReadCounter(p)    == Step(p, {"first value", "read counter"}) /\ UNCHANGED clients
Fold(p)           == Step(p, Folds) /\ UNCHANGED clients
DropSource(p)     == Step(p, {"drop source"}) /\ UNCHANGED clients
DropCounter(p)    == Step(p, {"drop first"}) /\ UNCHANGED clients
AddToSource(p)    == process[p].known = 0 /\ Step(p, {"add"}) /\ Told(p)
AddToCounter(p)   == process[p].known > 0 /\ Step(p, {"add"}) /\ Told(p)

Asks(p, l) == /\ process[p].at = "wait"
              /\ process' = [process EXCEPT ![p] = l]
              /\ UNCHANGED <<source, target, generation, inFlight, used>>
Add(p)  == /\ clients.sent < MaxPuts /\ Asks(p, At(process[p], "add"))
           /\ clients' = [clients EXCEPT !.sent = @ + 1]
Read(p) == /\ clients.reads < MaxReads
           /\ Asks(p, At([process[p] EXCEPT !.asked = clients.counts], "read base"))
           /\ clients' = [clients EXCEPT !.reads = @ + 1]
Stop(p) == Asks(p, Nowhere) /\ UNCHANGED clients

-----------------------------------------------------------------------------
(* What befalls them. *)

End(p)   == /\ Request(process[p]) # Nothing
            /\ process' = [process EXCEPT ![p] = Nowhere]
            /\ UNCHANGED clients
Crashes  == used.crashes < MaxCrashes /\ used' = [used EXCEPT !.crashes = @ + 1]
Loses    == used.lost < MaxLost /\ used' = [used EXCEPT !.lost = @ + 1]
Fails    == UNCHANGED <<source, target, generation, inFlight>>
Stays(p) == /\ Writes(Request(process[p])) /\ used.inFlight < MaxInFlight
            /\ inFlight' = [inFlight EXCEPT ![used.inFlight + 1] = Request(process[p])]
            /\ UNCHANGED <<source, target, generation>>
Takes(p) == /\ Writes(Request(process[p])) /\ TakesEffect(Request(process[p]))
            /\ UNCHANGED inFlight

CrashBefore(p)   == End(p) /\ Crashes /\ Fails
CrashAfter(p)    == End(p) /\ Crashes /\ Takes(p)
CrashInFlight(p) == End(p) /\ Stays(p) /\ used.crashes < MaxCrashes
                    /\ used' = [used EXCEPT !.crashes = @ + 1, !.inFlight = @ + 1]
LoseBefore(p)    == End(p) /\ Loses /\ Fails
LoseAfter(p)     == End(p) /\ Loses /\ Takes(p)
LoseInFlight(p)  == End(p) /\ Stays(p) /\ used.lost < MaxLost
                    /\ used' = [used EXCEPT !.lost = @ + 1, !.inFlight = @ + 1]

Land(i) ==
  /\ inFlight[i] # Nothing
  /\ TakesEffect(inFlight[i])
  /\ inFlight' = [inFlight EXCEPT ![i] = Nothing]
  /\ UNCHANGED <<process, clients, used>>

Next ==
  \/ \E p \in Processes : Start(p)
  \/ \E p \in Processes : Generation(p)
  \/ \E p \in Processes : NextGeneration(p)
  \/ \E p \in Processes : ReadBase(p)
  \/ \E p \in Processes : ReadSource(p)
  \/ \E p \in Processes : ReadCounter(p)
  \/ \E p \in Processes : Fold(p)
  \/ \E p \in Processes : DropSource(p)
  \/ \E p \in Processes : DropCounter(p)
  \/ \E p \in Processes : AddToSource(p)
  \/ \E p \in Processes : AddToCounter(p)
  \/ \E p \in Processes : Add(p)
  \/ \E p \in Processes : Read(p)
  \/ \E p \in Processes : Stop(p)
  \/ \E p \in Processes : CrashBefore(p)
  \/ \E p \in Processes : CrashAfter(p)
  \/ \E p \in Processes : CrashInFlight(p)
  \/ \E p \in Processes : LoseBefore(p)
  \/ \E p \in Processes : LoseAfter(p)
  \/ \E p \in Processes : LoseInFlight(p)
  \/ \E i \in 1 .. MaxInFlight : Land(i)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* What must hold. *)

MostCounted == Before + MaxPuts
Ats   == {"nowhere", "wait", "generation", "learn", "ask", "read last", "source base", "late base",
          "first base", "drop base", "read base", "read again", "source value", "late value",
          "read source", "first value", "read counter", "drop source", "drop first", "add"}
         \cup Folds \cup Nexts

(* A mutant folds more than was counted. *)
IsCounted(value) == value >= 0 /\ (Flaw = "none" => value <= MostCounted)
IsBase(base)     == base.generation \in 0 .. 2 /\ IsCounted(base.value)

TypeOK ==
  /\ source \in 0 .. MostCounted /\ generation \in 0 .. 2
  /\ DOMAIN target = {"base", "counter"} /\ IsBase(target.base)
  /\ target.counter \in [Generations -> 0 .. MostCounted]
  /\ DOMAIN process = Processes
  /\ \A p \in Processes :
       /\ process[p].at \in Ats /\ process[p].program \in {"none", "move", "application"}
       /\ process[p].known \in 0 .. 2 /\ IsBase(process[p].base) /\ process[p].value >= 0
       /\ process[p].generation \in 0 .. 3 /\ process[p].last \in 0 .. 2
       /\ process[p].asked \in 0 .. MaxPuts
  /\ DOMAIN inFlight = 1 .. MaxInFlight
  /\ \A i \in 1 .. MaxInFlight :
       inFlight[i].at \in Ats /\ inFlight[i].generation \in 0 .. 2 /\ IsBase(inFlight[i].base)
  /\ clients \in [sent : 0 .. MaxPuts, counts : 0 .. MaxPuts, reads : 0 .. MaxReads,
                  wrongRead : BOOLEAN]
  /\ used \in [starts : 0 .. MaxStarts, crashes : 0 .. MaxCrashes, inFlight : 0 .. MaxInFlight,
               lost : 0 .. MaxLost]

(* What the counter comes to. *)
From(g) == IF g <= 1 THEN target.counter[1] + target.counter[2] ELSE target.counter[2]
Value   == IF target.base.generation = 0 THEN source + From(1)
           ELSE target.base.value + From(target.base.generation)

CounterExact == Value - Before \in clients.counts .. clients.sent
ReadsExact   == ~clients.wrongRead

(* An operator that nothing befalls any more moves all of it. *)
Proceeds(p) == /\ process[p].program = "move"
               /\ \/ Generation(p) \/ NextGeneration(p) \/ ReadBase(p) \/ ReadSource(p)
                  \/ ReadCounter(p) \/ Fold(p)
FairSpec == Spec /\ \A p \in Processes : WF_vars(Proceeds(p))
IsLast(p) == /\ process[p].program = "move"
             /\ used.starts = MaxStarts /\ used.crashes = MaxCrashes /\ used.lost = MaxLost
LastMoveCompletes == \A p \in Processes : IsLast(p) ~> target.base.generation = 2

-----------------------------------------------------------------------------
(* What must be reached for that to mean anything. Always true; TLC says once that it was seen. *)

AllIsAtTheTarget  == target.base.generation = 2
AnAdditionCounts  == clients.counts > 0
AFoldIsTooLate    == \E p \in Processes : /\ process[p].at \in Folds
                                          /\ IsTooLate(Request(process[p]))
AReadBeginsAgain  == \E p \in Processes : /\ process[p].at = "read again"
                                          /\ process[p].base.generation # target.base.generation

ASSUME \A number \in 1 .. 4 : TLCSet(number, FALSE)
See(number, name, IsSeen) ==
  TLCGet(number) \/ ~IsSeen \/ (TLCSet(number, TRUE) /\ PrintT(<<"witness", name>>))
Witnessed ==
  /\ See(1, "AllIsAtTheTarget", AllIsAtTheTarget)
  /\ See(2, "AnAdditionCounts", AnAdditionCounts)
  /\ See(3, "AFoldIsTooLate", AFoldIsTooLate)
  /\ See(4, "AReadBeginsAgain", AReadBeginsAgain)
=============================================================================
