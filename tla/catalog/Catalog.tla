------------------------------ MODULE Catalog ------------------------------
(***************************************************************************)
(* A catalog moves between two durable stores, the stash (old) and persist *)
(* (new), in either direction, through crashes and fenced-out processes.   *)
(*                                                                         *)
(* Modelled: the two stores with their epochs, tombstones and contents;    *)
(* processes that run a protocol step by step, contents brought up to the  *)
(* current format included, and then serve clients; requests that are      *)
(* still in flight when their process has died; lost answers; what clients *)
(* know. A protocol is data: the steps of its two moves, what follows a    *)
(* move, and which store the tombstones name. SingleTombstone,             *)
(* TwoTombstones and FirstDraft give it.                                   *)
(*                                                                         *)
(* Abstracted: contents are a format, the value of the one key `a' that    *)
(* clients write, and whether `g' is there, a key that was deleted before  *)
(* the beginning and is still in an old copy. Values carry no checksum.    *)
(*                                                                         *)
(* Atomic: each step of a process is one operation of one store, fence     *)
(* check included. Between two steps anything may happen to the process.   *)
(*                                                                         *)
(* A process ends when it is fenced, and also when an answer is lost: the  *)
(* request may still be under way, and only opening the stores again       *)
(* fences it.                                                              *)
(***************************************************************************)
EXTENDS Integers, Sequences, FiniteSets

CONSTANTS
  Processes,    \* the places of processes that may live at a time
  MaxStarts,    \* how many processes may be started
  MaxCrashes,   \* how many may die at a step
  MaxInFlight,  \* how many requests may be left in flight by a crash or a lost answer
  MaxLost,      \* how many answers may be lost
  MaxPuts,      \* how many puts clients may ask for
  MaxDeletes,   \* how many deletes
  Migrate,      \* the steps to persist
  Rollback,     \* the steps to the stash
  Afterwards(_),  \* those at the store that is to be served, between the move and serving
  Truth(_, _)   \* the store that the tombstones of (stash, persist) name, or "none"

ASSUME Processes \subseteq Nat \ {0}

VARIABLES
  store,     \* what is durable: for each store its epoch, tombstone, contents, and a mark
  process,   \* for each place the local state of its process
  inFlight,  \* for each place the request that is still in flight, or Nothing
  client,    \* history: what clients know of `a', and where and under which epoch they were answered
  used,      \* how much of each bound is used up
  broke      \* history: the promise about epochs that was broken, or "none"

vars == <<store, process, inFlight, client, used, broke>>

-----------------------------------------------------------------------------
(* Values *)

Stores     == {"stash", "persist"}
Tombstones == {"absent", "false", "true"}
Old        == 1      \* the formats; 0: never initialised
Current    == 2

Names      == <<"v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8">>
Writes     == 1 .. MaxPuts + MaxDeletes
Value(w)   == IF w <= MaxPuts THEN Names[w] ELSE "none"   \* what a write leaves under `a'
\* "old": what no client has written; or wrote in the current format into contents of the old one
Values     == {"none", "old", "v0"} \cup {Value(w) : w \in Writes}

Contents   == [format : 0 .. Current, a : Values, g : BOOLEAN]
NoContents == [format |-> 0, a |-> "none", g |-> FALSE]
IsSupported(c) == c.format # 0 \/ c = NoContents   \* entries without a format are not wiped
Written(w, format) == IF format = Old /\ Value(w) # "none" THEN "old" ELSE Value(w)
Upgraded(c) == [c EXCEPT !.format = Current]
Merged(c, there) == [Upgraded(c) EXCEPT !.a = IF c.a = "none" THEN there.a ELSE c.a,
                                        !.g = c.g \/ there.g]

Max(m, n) == IF m > n THEN m ELSE n

-----------------------------------------------------------------------------
(* The steps that protocols are made of. `at' is the store. *)

Step(do, at)         == [do |-> do, at |-> at, done |-> {}, value |-> "absent"]
RaiseEpoch           == Step("raise epoch", "stash")   \* above persist's session
ReadTombstone(at, done) ==           \* if it is one of `done', the truth is already there
  [Step("read tombstone", at) EXCEPT !.done = done]
ReadSnapshot(at)     == Step("read snapshot", at)
Upgrade(at)          == Step("upgrade contents", at)   \* the copy's, into the store
MergeSnapshot(at)    == Step("merge snapshot", at)
Replace(at)          == Step("replace contents", at)
SetTombstone(at, value)  == [Step("set tombstone", at) EXCEPT !.value = value]
ReplaceAndSet(at, value) == [Step("replace and set", at) EXCEPT !.value = value]
SkipCopyIfMarked(at) == Step("skip copy if marked", at)
ReplaceAndMark(at)   == Step("replace and mark", at)
EndIfMarked(at)      == Step("end if marked", at)
SetMark(at, value)   == [Step("set mark", at) EXCEPT !.value = value]

(* Opening a store is two steps: the epoch goes up, and then the contents are initialised if they
   never were, or brought up to the current format; which takes no write if they are current. *)
BringUp(at)          == <<Step("read contents", at), Step("upgrade contents", at)>>
Open(at)             == <<Step("open", at)>> \o BringUp(at)   \* persist: above the stash's session
OpenUnbounded(at)    == <<Step("open unbounded", at)>> \o BringUp(at)
EpochOnly(open)      == <<Head(open)>>

(* Afterwards where moves open both stores so; where they only count the epochs up it is BringUp. *)
ServeAtOnce(at)      == <<>>

ServeClients(at)     == <<Step("serve", at), Step("write", at)>>

\* by the store that is to be served:
Program  == [persist |-> Migrate  \o Afterwards("persist") \o ServeClients("persist"),
             stash   |-> Rollback \o Afterwards("stash") \o ServeClients("stash")]
Last     == [persist |-> Len(Migrate), stash |-> Len(Rollback)]   \* of the move's steps
Serve    == [persist |-> Len(Migrate) + Len(Afterwards("persist")) + 1,
             stash   |-> Len(Rollback) + Len(Afterwards("stash")) + 1]

Opens      == {"open", "open unbounded"}
Replaces   == {"replace contents", "replace and set", "replace and mark"}
Reads      == {"read tombstone", "read snapshot", "merge snapshot", "read contents",
               "skip copy if marked", "end if marked"}
NoRequests == {"nothing", "serve"}
NoEffects  == NoRequests \cup Reads

(* What a step does, by store and pc; 0: no process lives. A table, as TLC asks for it with every
   action in every state. *)
Doing == [target \in Stores |-> [pc \in 0 .. Len(Program[target]) |->
           IF pc = 0 THEN "nothing" ELSE Program[target][pc].do]]

-----------------------------------------------------------------------------
(* Processes and their requests *)

Idle == [pc |-> 0, target |-> "persist", stash |-> 0, persist |-> 0,
         copy |-> NoContents, write |-> 0]

(* A process whose move is over: of all it knew it keeps the session of the store it will serve. *)
Arrived(l) == [Idle EXCEPT !.pc = Last[l.target] + 1, !.target = l.target,
                           !.stash = IF l.target = "stash" THEN l.stash ELSE 0,
                           !.persist = IF l.target = "persist" THEN l.persist ELSE 0]

(* The local state l so many steps on. *)
Ahead(l, n) == IF l.pc <= Last[l.target] /\ l.pc + n > Last[l.target] THEN Arrived(l)
               ELSE [l EXCEPT !.pc = @ + n]
Onward(l) == Ahead(l, 1)

StepOf(p)  == Program[process[p].target][process[p].pc]
Does(p)    == Doing[process[p].target][process[p].pc]
IsServing(p) == process[p].pc # 0 /\ process[p].pc >= Serve[process[p].target]

(* The session under which it sends its request to its step's store. 0: none, it opens. *)
SessionOf(p) == IF Does(p) \in Opens THEN 0 ELSE process[p][StepOf(p).at]

(* A request as a store sees it. *)
Nothing == [do |-> "nothing", at |-> "stash", session |-> 0, atLeast |-> 0,
            contents |-> NoContents, value |-> "absent", write |-> 0]

Request(p) ==
  LET l == process[p]
      s == StepOf(p)
  IN [do |-> s.do, at |-> s.at, session |-> SessionOf(p),
      atLeast  |-> IF s.do = "open" /\ s.at = "persist" THEN l.stash + 1
                   ELSE IF s.do = "raise epoch" THEN l.persist + 1 ELSE 0,
      contents |-> IF s.do \in Replaces THEN l.copy
                   ELSE IF s.do = "upgrade contents" THEN Upgraded(l.copy) ELSE NoContents,
      value    |-> s.value,
      write    |-> l.write]

(* The fence: checked at the store, atomically with the operation. *)
IsFenced(at, session) == session # 0 /\ session # store[at].epoch

(* The store after the request took effect. *)
Effect(r) ==
  LET s == store[r.at]
  IN CASE r.do \in {"open", "open unbounded", "raise epoch"}
                                   -> [s EXCEPT !.epoch = Max(s.epoch + 1, r.atLeast)]
       [] r.do \in {"replace contents", "upgrade contents"}
                                   -> [s EXCEPT !.contents = r.contents]
       [] r.do = "set tombstone"   -> [s EXCEPT !.tombstone = r.value]
       [] r.do = "replace and set" -> [s EXCEPT !.contents = r.contents, !.tombstone = r.value]
       [] r.do = "replace and mark" -> [s EXCEPT !.contents = r.contents, !.mark = TRUE]
       [] r.do = "set mark"        -> [s EXCEPT !.mark = (r.value = "true")]
       [] r.do = "write"           -> [s EXCEPT !.contents.a = Written(r.write, s.contents.format)]
       [] OTHER                    -> s

(* The promise that a fenced request never takes effect: what `broke' is after one that does. *)
Judged(at, session) == IF session # 0 /\ session < store[at].epoch /\ broke = "none"
                       THEN "FencedNeverSucceeds" ELSE broke

TakeEffect(r) ==
  /\ store' = [store EXCEPT ![r.at] = Effect(r)]
  /\ broke' = Judged(r.at, r.session)

(* The process's request r takes effect and is answered; afterwards its local state is l. *)
Proceed(p, r, l) ==
  /\ ~IsFenced(r.at, r.session)
  /\ TakeEffect(r)
  /\ process' = [process EXCEPT ![p] = l]
  /\ UNCHANGED <<inFlight, client, used>>

(* The same of a request that only reads. *)
Read(p, l) ==
  LET at == StepOf(p).at
  IN /\ ~IsFenced(at, SessionOf(p))
     /\ broke' = Judged(at, SessionOf(p))
     /\ process' = [process EXCEPT ![p] = l]
     /\ UNCHANGED <<store, inFlight, client, used>>

-----------------------------------------------------------------------------
(* What clients know *)

Invoked(w, at, epoch)  == [client EXCEPT !.maybe = @ \cup {w}]
Rejected(w)            == [client EXCEPT !.maybe = @ \ {w}]
Answered(w, at, epoch) == [acked |-> Value(w), maybe |-> {}, epoch |-> epoch, on |-> at]

-----------------------------------------------------------------------------
TypeOK ==
  /\ store \in [Stores -> [epoch : Nat, tombstone : Tombstones, contents : Contents, mark : BOOLEAN]]
  /\ \A p \in Processes :
       /\ process[p].target \in Stores
       /\ process[p].pc \in 0 .. Len(Program[process[p].target])
       /\ process[p].stash \in Nat /\ process[p].persist \in Nat
       /\ process[p].copy \in Contents
       /\ process[p].write \in {0} \cup Writes
  /\ \A i \in 1 .. MaxInFlight :
       /\ inFlight[i].at \in Stores
       /\ inFlight[i].session \in Nat /\ inFlight[i].atLeast \in Nat
       /\ inFlight[i].contents \in Contents
       /\ inFlight[i].value \in Tombstones
       /\ inFlight[i].write \in {0} \cup Writes
  /\ client.acked \in Values /\ client.maybe \subseteq Writes
  /\ client.epoch \in Nat /\ client.on \in Stores \cup {"none"}
  /\ used.starts \in 0 .. MaxStarts /\ used.crashes \in 0 .. MaxCrashes
  /\ used.inFlight \in 0 .. MaxInFlight /\ used.lost \in 0 .. MaxLost
  /\ used.puts \in 0 .. MaxPuts /\ used.deletes \in 0 .. MaxDeletes
  /\ broke \in {"none", "FencedNeverSucceeds", "EpochMonotone"}

(* Two stores that were never used. *)
Fresh ==
  /\ store = [s \in Stores |-> [epoch |-> 0, tombstone |-> "absent", contents |-> NoContents,
                                mark |-> FALSE]]
  /\ client = [acked |-> "none", maybe |-> {}, epoch |-> 0, on |-> "none"]

(* A stash with data in the old format; in persist an outdated copy of an abandoned migration, with
   a key that clients have deleted since, and a lower epoch. *)
Leftovers ==
  /\ store = [s \in Stores |->
       IF s = "stash"
       THEN [epoch |-> 5, tombstone |-> "absent",
             contents |-> [format |-> Old, a |-> "v0", g |-> FALSE], mark |-> FALSE]
       ELSE [epoch |-> 2, tombstone |-> "absent",
             contents |-> [format |-> Current, a |-> "old", g |-> TRUE], mark |-> FALSE]]
  /\ client = [acked |-> "v0", maybe |-> {}, epoch |-> 5, on |-> "none"]

Init ==
  /\ Fresh \/ Leftovers
  /\ process = [p \in Processes |-> Idle]
  /\ inFlight = [i \in 1 .. MaxInFlight |-> Nothing]
  /\ used = [starts |-> 0, crashes |-> 0, inFlight |-> 0, lost |-> 0, puts |-> 0, deletes |-> 0]
  /\ broke = "none"

-----------------------------------------------------------------------------
(* A process starts, and takes the steps of its protocol. *)

Start(p, target) ==
  /\ process[p].pc = 0
  /\ used.starts < MaxStarts
  /\ process' = [process EXCEPT ![p] = [Idle EXCEPT !.pc = 1, !.target = target]]
  /\ used' = [used EXCEPT !.starts = @ + 1]
  /\ UNCHANGED <<store, inFlight, client, broke>>

OpenStore(p) ==
  /\ Does(p) \in Opens
  /\ LET r == Request(p)
     IN Proceed(p, r, Onward([process[p] EXCEPT ![r.at] = Effect(r).epoch]))

RaiseStashEpoch(p) ==
  /\ Does(p) = "raise epoch"
  /\ LET r == Request(p)
     IN Proceed(p, r, Onward([process[p] EXCEPT !.stash = Effect(r).epoch]))

ReadTheTombstone(p) ==
  /\ Does(p) = "read tombstone"
  /\ Read(p, IF store[StepOf(p).at].tombstone \in StepOf(p).done
             THEN Arrived(process[p])
             ELSE Onward(process[p]))

ReadTheSnapshot(p) ==
  /\ Does(p) = "read snapshot"
  /\ Read(p, Onward([process[p] EXCEPT !.copy = store[StepOf(p).at].contents]))

ReplaceContents(p) ==
  /\ Does(p) \in {"replace contents", "replace and set"}
  /\ Proceed(p, Request(p), Onward([process[p] EXCEPT !.copy = NoContents]))

SetTheTombstone(p) ==
  /\ Does(p) = "set tombstone"
  /\ Proceed(p, Request(p), Onward(process[p]))

(* Steps that only mutants take. *)

MergeTheSnapshot(p) ==
  /\ Does(p) = "merge snapshot"
  /\ LET there == store[StepOf(p).at].contents
     IN Read(p, Onward([process[p] EXCEPT !.copy = Merged(@, there)]))

ReadTheMark(p) ==
  /\ Does(p) \in {"skip copy if marked", "end if marked"}
  /\ LET l == process[p]
     IN Read(p, CASE ~store[StepOf(p).at].mark             -> Onward(l)
                  [] StepOf(p).do = "skip copy if marked" -> Ahead(l, 3)
                  [] OTHER                                -> Idle)

SetTheMark(p) ==
  /\ Does(p) \in {"set mark", "replace and mark"}
  /\ Proceed(p, Request(p), Onward(IF Does(p) = "replace and mark"
                                   THEN [process[p] EXCEPT !.copy = NoContents]
                                   ELSE process[p]))

(* The contents of a store are brought up to the current format. *)

ReadContents(p) ==
  /\ Does(p) = "read contents"
  /\ LET c == store[StepOf(p).at].contents
         l == process[p]
     IN Read(p, CASE c.format = Current -> Ahead(l, 2)
                  [] ~IsSupported(c)    -> Idle
                  [] OTHER              -> Onward([l EXCEPT !.copy = c]))

UpgradeContents(p) ==
  /\ Does(p) = "upgrade contents"
  /\ Proceed(p, Request(p), Onward([process[p] EXCEPT !.copy = NoContents]))

(* It serves clients. *)

Put(p) ==
  /\ Does(p) = "serve"
  /\ used.puts < MaxPuts
  /\ LET w == used.puts + 1
         l == process[p]
     IN /\ process' = [process EXCEPT ![p].pc = @ + 1, ![p].write = w]
        /\ client' = Invoked(w, l.target, l[l.target])
  /\ used' = [used EXCEPT !.puts = @ + 1]
  /\ UNCHANGED <<store, inFlight, broke>>

Delete(p) ==
  /\ Does(p) = "serve"
  /\ used.deletes < MaxDeletes
  /\ LET w == MaxPuts + used.deletes + 1
         l == process[p]
     IN /\ process' = [process EXCEPT ![p].pc = @ + 1, ![p].write = w]
        /\ client' = Invoked(w, l.target, l[l.target])
  /\ used' = [used EXCEPT !.deletes = @ + 1]
  /\ UNCHANGED <<store, inFlight, broke>>

(* The write takes effect, and then the client is told. *)
Write(p) ==
  /\ Does(p) = "write"
  /\ LET r == Request(p)
     IN /\ ~IsFenced(r.at, r.session)
        /\ store' = [store EXCEPT ![r.at] = Effect(r)]
        /\ client' = Answered(r.write, r.at, r.session)
        /\ broke' = CASE broke # "none"                    -> broke
                      [] r.session < store[r.at].epoch     -> "FencedNeverSucceeds"
                      [] r.session < client.epoch          -> "EpochMonotone"
                      [] OTHER                             -> "none"
  /\ process' = [process EXCEPT ![p].pc = @ - 1, ![p].write = 0]
  /\ UNCHANGED <<inFlight, used>>

Stop(p) ==
  /\ Does(p) = "serve"
  /\ process' = [process EXCEPT ![p] = Idle]
  /\ UNCHANGED <<store, inFlight, client, used, broke>>

(* Its request is fenced: another process has taken over. *)
Fenced(p) ==
  /\ Does(p) \notin NoRequests
  /\ IsFenced(StepOf(p).at, SessionOf(p))
  /\ process' = [process EXCEPT ![p] = Idle]
  /\ client' = IF process[p].write # 0 THEN Rejected(process[p].write) ELSE client
  /\ UNCHANGED <<store, inFlight, used, broke>>

-----------------------------------------------------------------------------
(* Faults. A read has no effect, so of it a process dies, or its answer is lost, in one way only. *)

HasRequest(p)    == Does(p) \notin NoRequests
ChangesAStore(p) == Does(p) \notin NoEffects
End(p)         == process' = [process EXCEPT ![p] = Idle]
Arrives(r)     == IF IsFenced(r.at, r.session) THEN UNCHANGED <<store, broke>> ELSE TakeEffect(r)
Leave(r)       == inFlight' = [inFlight EXCEPT ![used.inFlight + 1] = r]

CrashBefore(p) ==
  /\ used.crashes < MaxCrashes /\ HasRequest(p)
  /\ End(p)
  /\ used' = [used EXCEPT !.crashes = @ + 1]
  /\ UNCHANGED <<store, inFlight, client, broke>>

CrashAfter(p) ==
  /\ used.crashes < MaxCrashes /\ ChangesAStore(p)
  /\ Arrives(Request(p))
  /\ End(p)
  /\ used' = [used EXCEPT !.crashes = @ + 1]
  /\ UNCHANGED <<inFlight, client>>

CrashInFlight(p) ==
  /\ used.crashes < MaxCrashes /\ used.inFlight < MaxInFlight /\ ChangesAStore(p)
  /\ Leave(Request(p))
  /\ End(p)
  /\ used' = [used EXCEPT !.crashes = @ + 1, !.inFlight = @ + 1]
  /\ UNCHANGED <<store, client, broke>>

LoseBefore(p) ==
  /\ used.lost < MaxLost /\ HasRequest(p)
  /\ End(p)
  /\ used' = [used EXCEPT !.lost = @ + 1]
  /\ UNCHANGED <<store, inFlight, client, broke>>

LoseAfter(p) ==
  /\ used.lost < MaxLost /\ ChangesAStore(p)
  /\ Arrives(Request(p))
  /\ End(p)
  /\ used' = [used EXCEPT !.lost = @ + 1]
  /\ UNCHANGED <<inFlight, client>>

LoseInFlight(p) ==
  /\ used.lost < MaxLost /\ used.inFlight < MaxInFlight /\ ChangesAStore(p)
  /\ Leave(Request(p))
  /\ End(p)
  /\ used' = [used EXCEPT !.lost = @ + 1, !.inFlight = @ + 1]
  /\ UNCHANGED <<store, client, broke>>

(* A request of a process that is gone lands. Nobody hears the answer. *)
Land(i) ==
  /\ inFlight[i].do # "nothing"
  /\ Arrives(inFlight[i])
  /\ inFlight' = [inFlight EXCEPT ![i] = Nothing]
  /\ UNCHANGED <<process, client, used>>

-----------------------------------------------------------------------------
Next ==
  \/ \E p \in Processes, target \in Stores : Start(p, target)
  \/ \E p \in Processes : OpenStore(p)
  \/ \E p \in Processes : RaiseStashEpoch(p)
  \/ \E p \in Processes : ReadTheTombstone(p)
  \/ \E p \in Processes : ReadTheSnapshot(p)
  \/ \E p \in Processes : MergeTheSnapshot(p)
  \/ \E p \in Processes : ReplaceContents(p)
  \/ \E p \in Processes : SetTheTombstone(p)
  \/ \E p \in Processes : ReadTheMark(p)
  \/ \E p \in Processes : SetTheMark(p)
  \/ \E p \in Processes : ReadContents(p)
  \/ \E p \in Processes : UpgradeContents(p)
  \/ \E p \in Processes : Put(p)
  \/ \E p \in Processes : Delete(p)
  \/ \E p \in Processes : Write(p)
  \/ \E p \in Processes : Stop(p)
  \/ \E p \in Processes : Fenced(p)
  \/ \E p \in Processes : CrashBefore(p)
  \/ \E p \in Processes : CrashAfter(p)
  \/ \E p \in Processes : CrashInFlight(p)
  \/ \E p \in Processes : LoseBefore(p)
  \/ \E p \in Processes : LoseAfter(p)
  \/ \E p \in Processes : LoseInFlight(p)
  \/ \E i \in 1 .. MaxInFlight : Land(i)

Spec == Init /\ [][Next]_vars

(* What a live process does of its own accord; serving, it waits for clients. *)
OwnStep(p) ==
  \/ OpenStore(p)
  \/ RaiseStashEpoch(p)
  \/ ReadTheTombstone(p)
  \/ ReadTheSnapshot(p)
  \/ MergeTheSnapshot(p)
  \/ ReplaceContents(p)
  \/ SetTheTombstone(p)
  \/ ReadTheMark(p)
  \/ SetTheMark(p)
  \/ ReadContents(p)
  \/ UpgradeContents(p)
  \/ Write(p)
  \/ Fenced(p)

FairSpec == Spec /\ \A p \in Processes : WF_vars(OwnStep(p))

-----------------------------------------------------------------------------
(* Invariants *)

TheTruth == Truth(store["stash"].tombstone, store["persist"].tombstone)
Held     == store[TheTruth].contents
IsKnown  == Held.a = client.acked \/ \E w \in client.maybe : Held.a = Value(w)

OneSourceOfTruth == TheTruth # "none"
NoLostWrite      == TheTruth # "none" /\ client.acked # "none" => IsKnown
NoResurrection   == TheTruth # "none" => ~Held.g /\ (client.acked = "none" => IsKnown)
ServeOnlyTruth   ==
  \A p \in Processes :
    /\ IsServing(p)
    /\ process[p][process[p].target] = store[process[p].target].epoch
    /\ TheTruth # "none"
    => process[p].target = TheTruth
FencedNeverSucceeds == broke # "FencedNeverSucceeds"
EpochMonotone       == broke # "EpochMonotone"

-----------------------------------------------------------------------------
(* Properties *)

Faults == used.crashes + used.lost

(* A process that is started when all starts are used up, no other lives and nothing is in flight,
   serves the store it was asked to move to, unless a fault strikes it. *)
LastMoveCompletes ==
  \A p \in Processes, target \in Stores, faults \in 0 .. MaxCrashes + MaxLost :
    (/\ used.starts = MaxStarts
     /\ process[p] = [Idle EXCEPT !.pc = 1, !.target = target]
     /\ \A q \in Processes \ {p} : process[q] = Idle
     /\ \A i \in 1 .. MaxInFlight : inFlight[i] = Nothing
     /\ Faults = faults)
    ~> (\/ IsServing(p) /\ process[p].target = target /\ TheTruth = target
        \/ Faults # faults)
=============================================================================
