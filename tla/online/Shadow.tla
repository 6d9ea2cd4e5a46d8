------------------------------- MODULE Shadow ---------------------------------
(***************************************************************************)
(* A table moves to another cluster while applications go on writing to it *)
(* (impl/online/shadow.h; the steps are those of docs/design-online.md).   *)
(* Neither cluster has fences, nor are there transactions over both. Which *)
(* of them is the truth is a function of the phase in one record, whose    *)
(* changes are conditional.                                                *)
(*                                                                         *)
(* The keys are 1: a, 2: b, 3: c; two ranges, of a and b, and of c; a page *)
(* has one row. Write times are numbers in their order, of which a row has *)
(* that of its marker and that of its cell; values are 0: a marker, 1: what *)
(* was there at the beginning, n + 1: what a client's nth request writes.  *)
(* Programs are the operator, who is a worker too, an application, and,    *)
(* where it begins with the phase "verified", somebody who goes back.      *)
(* Times to live are abstracted.                                           *)
(***************************************************************************)
EXTENDS Integers, Sequences, TLC

CONSTANTS Processes, MaxStarts, MaxCrashes, MaxInFlight, MaxLost, MaxPuts, MaxInserts,
          MaxDeletes, MaxReads, MaxCompactions,
          Begins,       \* the phase that it begins with
          Flaw          \* of a mutant; or "none"

VARIABLES record,       \* which the phase is in, and the plan
          source, target,
          sessions,     \* of the target: how many were opened, which are open, and work
          process, inFlight, clients, used
vars == <<record, source, target, sessions, process, inFlight, clients, used>>
stores == <<record, source, target, sessions>>

Min(S)    == CHOOSE x \in S : \A y \in S : x <= y
Max(a, b) == IF a > b THEN a ELSE b

-----------------------------------------------------------------------------
(* Write times, rows and pages. *)

LongAgo == 1
Lately  == 11
Clients == 12           \* and from there on, of attempts at clients' requests
CopiedUnder(lease) == 2 + lease

APut         == 0       \* kinds of requests, in the order of their clocks
AnInsert     == 1
ADeletion    == 2
MostAttempts == 6
TimeOf(kind, number) == Clients + ((number - 1) * 3 + kind) * MostAttempts   \* of the first one
IsClients(time) == time >= Clients
KindOf(time)    == ((time - Clients) \div MostAttempts) % 3
NumberOf(time)  == (time - Clients) \div (MostAttempts * 3) + 1
AttemptOf(time) == (time - Clients) % MostAttempts                           \* from 0
KeyOf(time)     == IF KindOf(time) = AnInsert THEN 3 ELSE 1

Old         == 1
NoRow       == [deleted |-> 0, written |-> 0, value |-> 0]
Time(row)   == Max(row.deleted, row.written)
IsLive(row) == row.value # 0
RowOf(time) == IF KindOf(time) = ADeletion THEN [NoRow EXCEPT !.deleted = time]
               ELSE [deleted |-> 0, written |-> time, value |-> NumberOf(time) + 1]

(* Of two cells the later one wins; of one time a marker, then the greater value, which the old *)
(* one is. *)
Wins(a, b) == IF a.written # b.written THEN a.written > b.written
              ELSE IF IsLive(a) # IsLive(b) THEN ~IsLive(a)
              ELSE a.value = Old \/ (b.value # Old /\ a.value >= b.value)
Merged(a, b) ==
  LET deleted == Max(a.deleted, b.deleted)
      cell    == IF Wins(a, b) THEN a ELSE b
  IN IF cell.written <= deleted THEN [NoRow EXCEPT !.deleted = deleted]
     ELSE [cell EXCEPT !.deleted = deleted]
(* Of the cell that is live in a row and not in the other. *)
MarkerOf(row, other) == IF IsLive(row) /\ ~IsLive(other)
                        THEN [NoRow EXCEPT !.written = row.written] ELSE NoRow

First(range) == IF range = 0 THEN 1 ELSE 3
Last(range)  == IF range = 0 THEN 2 ELSE 3
NoPage == [key |-> 0, row |-> NoRow, next |-> 0]
Page(rows, range, from) ==
  LET keys == {key \in from .. Last(range) : rows[key] # NoRow}
      rest == keys \ {Min(keys)}
  IN IF keys = {} THEN NoPage
     ELSE [key |-> Min(keys), row |-> rows[Min(keys)], next |-> IF rest = {} THEN 0 ELSE Min(rest)]

-----------------------------------------------------------------------------
(* Phases, and the record's changes. *)

TargetIsTruth(phase) == phase \in {"verified", "target only"}
HasBoth(phase)       == phase \in {"both", "backfill", "strict", "verified"}
IsStrict(phase)      == phase \in {"strict", "verified", "target only"}
After1(phase) == CASE phase = "source only" -> "both"     [] phase = "both" -> "backfill"
                   [] phase = "backfill"    -> "strict"   [] phase = "strict" -> "verified"
                   [] OTHER                 -> "target only"
Before1(phase) == CASE phase = "both"   -> "source only" [] phase = "backfill" -> "both"
                    [] phase = "strict" -> "backfill"    [] OTHER -> "strict"

Missing(r) == \/ r.phase = "backfill" /\ ~(r.ranges[1].done /\ r.ranges[2].done)
              \/ r.phase = "strict" /\ r.compared # r.turn + 1
Advanced(asked, turn) ==
  LET blindly == Flaw = "advances blindly"
      r == IF blindly /\ asked.phase = "strict" THEN [asked EXCEPT !.compared = asked.turn + 1]
           ELSE asked
  IN IF (r.turn # turn /\ ~blindly) \/ r.phase = "target only" \/ Missing(r) THEN r
     ELSE [r EXCEPT !.phase = After1(@), !.turn = @ + 1]
WentBack(r, turn) ==
  IF r.turn # turn \/ ~HasBoth(r.phase) THEN r
  ELSE [r EXCEPT !.phase = Before1(@), !.turn = @ + 1]
(* The range whose lease is the oldest, of those that are to be copied; 2: there is none. *)
Oldest(r) ==
  LET left == {i \in 0 .. 1 : r.phase = "backfill" /\ ~r.ranges[i + 1].done}
  IN IF left = {} THEN 2
     ELSE IF left = {0, 1} THEN (IF r.ranges[2].lease < r.ranges[1].lease THEN 1 ELSE 0)
     ELSE Min(left)
Leased(r) == IF Oldest(r) = 2 THEN r
             ELSE [r EXCEPT !.leases = @ + 1, !.ranges[Oldest(r) + 1].lease = r.leases + 1]
Finished(r, range, lease) ==
  IF r.ranges[range + 1].lease = lease THEN [r EXCEPT !.ranges[range + 1].done = TRUE] ELSE r
Compared(r, turn) ==
  IF r.turn = turn /\ r.phase = "strict" THEN [r EXCEPT !.compared = turn + 1] ELSE r

-----------------------------------------------------------------------------

Nowhere == [at |-> "nowhere", program |-> "none", session |-> 0, phase |-> "source only",
            turn |-> 0, lease |-> 0, range |-> 0, from |-> 0, lost |-> FALSE, here |-> NoPage,
            there |-> NoPage, copied |-> <<0, 0>>, time |-> 0, asked |-> 0]
Nothing == [at |-> "nowhere", store |-> "none", session |-> 0, key |-> 0, row |-> NoRow,
            number |-> 0, range |-> 0]

Turn0 == CASE Begins = "source only" -> 0 [] Begins = "backfill" -> 2 [] OTHER -> 4
Source0 == <<[deleted |-> 0, written |-> LongAgo, value |-> Old],
             [deleted |-> 0, written |-> Lately, value |-> Old], NoRow>>
Init ==
  /\ record = [phase |-> Begins, turn |-> Turn0,
               compared |-> IF Begins = "verified" THEN Turn0 ELSE 0,
               leases |-> IF Begins = "verified" THEN 2 ELSE 0,
               ranges |-> IF Begins = "verified"
                          THEN <<[lease |-> 1, done |-> TRUE], [lease |-> 2, done |-> TRUE]>>
                          ELSE <<[lease |-> 0, done |-> FALSE], [lease |-> 0, done |-> FALSE]>>]
  /\ source = Source0
  /\ target = IF Begins = "verified" THEN Source0 ELSE <<NoRow, NoRow, NoRow>>
  /\ sessions = [opened |-> 0, open |-> {}, workers |-> {}]
  /\ process = [p \in Processes |-> Nowhere]
  /\ inFlight = [i \in 1 .. MaxInFlight |-> Nothing]
  /\ clients = [puts |-> 0, inserts |-> 0, deletes |-> 0, reads |-> 0,
                acked |-> [put |-> [n \in 1 .. MaxPuts |-> 0],
                           insert |-> [n \in 1 .. MaxInserts |-> 0],
                           deletion |-> [n \in 1 .. MaxDeletes |-> 0]],
                inTarget |-> <<0, 0>>, deletion |-> 0, staleRead |-> FALSE,
                copied |-> [key \in 1 .. 3 |-> [time |-> 0, value |-> 0]]]
  /\ used = [starts |-> 0, crashes |-> 0, inFlight |-> 0, lost |-> 0, compactions |-> 0]

-----------------------------------------------------------------------------
(* What a process asks of a store, and what comes of it. *)

Truth(phase)    == IF TargetIsTruth(phase) THEN "target" ELSE "source"
ShadowOf(phase) == IF TargetIsTruth(phase) THEN "source" ELSE "target"

OfTarget(l, key, row) == [Nothing EXCEPT !.at = l.at, !.store = "target", !.session = l.session,
                                         !.key = key, !.row = row]
OfRecord(l, number)   == [Nothing EXCEPT !.at = l.at, !.store = "record", !.number = number]
OfClient(l, store)    == [Nothing EXCEPT !.at = l.at, !.store = store, !.key = KeyOf(l.time),
                                         !.row = RowOf(l.time)]
Request(l) ==
  CASE l.at \in {"nowhere", "wait"} -> Nothing
    [] l.at \in {"join", "leave", "drain", "page of target"} -> OfTarget(l, 0, NoRow)
    [] l.at = "copy"   -> OfTarget(l, l.here.key, [deleted |-> 0, written |-> CopiedUnder(l.lease),
                                                   value |-> l.here.row.value])
    [] l.at = "repair" -> OfTarget(l, l.here.key, l.here.row)
    [] l.at = "remove" -> OfTarget(l, l.there.key, l.there.row)
    [] l.at \in {"finish", "record first"} -> [OfRecord(l, l.lease) EXCEPT !.range = l.range]
    [] l.at \in {"finish comparison", "advance", "go back"} -> OfRecord(l, l.turn)
    [] l.at = "write"        -> OfClient(l, Truth(l.phase))
    [] l.at = "write shadow" -> OfClient(l, ShadowOf(l.phase))
    [] l.at = "read"         -> [Nothing EXCEPT !.at = l.at, !.store = Truth(l.phase)]
    [] l.at = "open"         -> [Nothing EXCEPT !.at = l.at, !.store = "target"]
    [] l.at \in {"scan", "page of source"} -> [Nothing EXCEPT !.at = l.at, !.store = "source"]
    [] OTHER -> OfRecord(l, 0)

Writes(r) == r.at \in {"open", "join", "lease", "record first", "copy", "finish", "leave", "repair",
                       "remove", "finish comparison", "advance", "go back", "write",
                       "write shadow"}
IsRefused(r) == r.session # 0 /\ r.session \notin sessions.open
IsEnabled(r) == r.at = "drain" => sessions.workers = {}

(* The stores once a request has taken effect. *)
RecordThen(r) ==
  CASE r.at = "lease"                        -> Leased(record)
    [] r.at \in {"finish", "record first"}   -> Finished(record, r.range, r.number)
    [] r.at = "finish comparison"            -> Compared(record, r.number)
    [] r.at = "advance"                      -> Advanced(record, r.number)
    [] r.at = "go back"                      -> WentBack(record, r.number)
    [] OTHER                                 -> record
SessionsThen(r) ==
  CASE r.at = "open"  -> [sessions EXCEPT !.opened = @ + 1,
                                          !.open = @ \cup {sessions.opened + 1}]
    [] r.at = "join"  -> [sessions EXCEPT !.workers = @ \cup {r.session}]
    [] r.at = "leave" -> [sessions EXCEPT !.workers = @ \ {r.session}]
    [] OTHER          -> sessions
RowsThen(rows, r) == IF r.key = 0 THEN rows ELSE [rows EXCEPT ![r.key] = Merged(@, r.row)]

TakesEffect(r) ==
  IF IsRefused(r) THEN UNCHANGED stores
  ELSE /\ record' = RecordThen(r)
       /\ sessions' = SessionsThen(r)
       /\ source' = IF r.store = "source" THEN RowsThen(source, r) ELSE source
       /\ target' = IF r.store = "target" THEN RowsThen(target, r) ELSE target

-----------------------------------------------------------------------------
(* What processes do. *)

Start(p) ==
  /\ process[p] = Nowhere /\ used.starts < MaxStarts
  /\ \E first \in {<<"move", "open">>, <<"application", "learn">>} \cup
                  IF Begins = "verified" THEN {<<"back", "get back">>} ELSE {} :
       process' = [process EXCEPT ![p] = [Nowhere EXCEPT !.program = first[1], !.at = first[2]]]
  /\ used' = [used EXCEPT !.starts = @ + 1]
  /\ UNCHANGED <<stores, inFlight, clients>>

At(l, at) == [l EXCEPT !.at = at]
Operator(l, at) == [Nowhere EXCEPT !.at = at, !.program = "move", !.session = l.session]

(* The operator, as the record demands. *)
GoesOn(l, r) ==
  IF r.phase = "target only" THEN Nowhere
  ELSE [Operator(l, CASE r.phase = "backfill" -> "join"
                      [] r.phase = "strict" /\ r.compared # r.turn + 1 -> "drain"
                      [] OTHER -> "advance") EXCEPT !.turn = r.turn]

(* A worker that has a page, or has copied what is in it. *)
HasScanned(l) == [l EXCEPT !.from = l.here.next, !.here = NoPage,
                           !.at = IF l.here.next # 0 THEN "scan" ELSE "finish"]
HasFinished(l) == [Operator(l, "lease") EXCEPT !.turn = l.turn]
LosesRange(l)  == [Operator(l, "leave") EXCEPT !.lost = TRUE]
GoesOnScanning(l) == IF HasScanned(l).at = "scan" \/ Flaw # "records first" THEN HasScanned(l)
                     ELSE IF l.lost THEN LosesRange(l) ELSE HasFinished(l)
Scanned(l) ==
  LET page == Page(source, l.range, l.from)
      cut  == IF Flaw = "stops at a page" THEN [page EXCEPT !.next = 0] ELSE page
  IN [l EXCEPT !.here = IF IsLive(cut.row)
                        THEN [cut EXCEPT !.row = [NoRow EXCEPT !.value = cut.row.value]] ELSE cut]
HasCopied(l) == [l EXCEPT !.copied[l.here.key - First(l.range) + 1] = l.here.row.value]

(* A comparison: of the pages what is to be repaired is left, and what is to be removed. *)
HasCompared(l) ==
  IF l.there.key # 0 THEN At(l, "ask")
  ELSE LET goes == [l EXCEPT !.from = l.here.next, !.here = NoPage, !.at = "page of target"]
       IN IF l.here.next # 0 THEN goes
          ELSE IF l.range = 0 THEN [goes EXCEPT !.range = 1, !.from = First(1)]
          ELSE [goes EXCEPT !.range = 0, !.at = "finish comparison"]
Cut(page, next) == IF next # 0 /\ page.key >= next THEN [page EXCEPT !.key = 0, !.row = NoRow]
                   ELSE page
Compares(l, page) ==
  LET next    == IF page.next = 0 \/ (l.there.next # 0 /\ l.there.next < page.next)
                 THEN l.there.next ELSE page.next
      here    == Cut(page, next)
      there   == Cut(l.there, next)
      row     == IF here.key = there.key THEN here.row ELSE NoRow
      marker  == MarkerOf(Merged(there.row, row), row)
      isThere == here.key = there.key /\ Merged(there.row, here.row) = there.row
      left    == [l EXCEPT !.here = IF isThere THEN [NoPage EXCEPT !.next = next]
                                    ELSE [here EXCEPT !.next = next],
                           !.there = IF marker = NoRow THEN NoPage
                                     ELSE [key |-> there.key, row |-> marker, next |-> 0]]
  IN IF left.here.key # 0 THEN At(left, "repair") ELSE HasCompared(left)

(* An application: whether its request is written wherever it has to be. *)
IsWritten(l) == \/ l.at = "write shadow"
                \/ ~HasBoth(l.phase)
                \/ Flaw = "forgets the source" /\ TargetIsTruth(l.phase)
HasWritten(l) == IF Flaw = "acknowledges blindly" THEN [l EXCEPT !.at = "wait", !.time = 0]
                 ELSE At(l, "confirm")
HasRead(l)    == [l EXCEPT !.at = "wait", !.time = 0, !.asked = 0]
Knows(l)      == [l EXCEPT !.phase = record.phase, !.turn = record.turn]
Later(time)   == IF Flaw = "repeats a write time" THEN time ELSE time + 1
Found(l)      == Time((IF TargetIsTruth(l.phase) THEN target ELSE source)[1])

(* The process once it was answered. *)
After(l) ==
  CASE l.at = "open" -> At([l EXCEPT !.session = sessions.opened + 1], "get")
    [] l.at = "get" -> GoesOn(l, record)
    [] l.at = "join" -> At(l, "lease")
    [] l.at = "lease" ->
         IF Oldest(record) = 2 THEN At(l, "leave")
         ELSE [l EXCEPT !.range = Oldest(record), !.lease = record.leases + 1,
                        !.from = First(Oldest(record)),
                        !.at = IF Flaw = "records first" THEN "record first" ELSE "scan"]
    [] l.at = "record first" ->
         At([l EXCEPT !.lost = record.ranges[l.range + 1].lease # l.lease], "scan")
    [] l.at = "scan" ->
         IF IsLive(Scanned(l).here.row) THEN At(Scanned(l), "copy") ELSE GoesOnScanning(Scanned(l))
    [] l.at = "copy" -> GoesOnScanning(HasCopied(l))
    [] l.at = "finish" ->
         IF record.ranges[l.range + 1].lease = l.lease THEN HasFinished(l) ELSE LosesRange(l)
    [] l.at = "leave" -> IF l.lost THEN Nowhere ELSE At(l, "advance")
    [] l.at = "drain" -> [l EXCEPT !.from = First(0), !.at = "page of target"]
    [] l.at = "page of target" ->
         [l EXCEPT !.there = Page(target, l.range, l.from), !.at = "page of source"]
    [] l.at = "page of source" -> Compares(l, Page(source, l.range, l.from))
    [] l.at = "repair" -> HasCompared([l EXCEPT !.here = [NoPage EXCEPT !.next = l.here.next]])
    [] l.at = "ask" -> IF record.turn # l.turn THEN Nowhere ELSE At(l, "remove")
    [] l.at = "remove" -> HasCompared([l EXCEPT !.there = NoPage])
    [] l.at = "finish comparison" ->
         IF record.turn # l.turn \/ record.phase # "strict" THEN Nowhere ELSE At(l, "advance")
    [] l.at = "advance" -> GoesOn(l, Advanced(record, l.turn))
    [] l.at = "get back" -> At([l EXCEPT !.turn = record.turn], "go back")
    [] l.at = "go back" -> Nowhere
    [] l.at = "learn" -> At(Knows(l), "wait")
    [] l.at \in {"write", "write shadow"} ->
         IF IsWritten(l) THEN HasWritten(l) ELSE At(l, "write shadow")
    [] l.at = "confirm" ->
         IF l.turn = record.turn THEN [Knows(l) EXCEPT !.at = "wait", !.time = 0]
         ELSE [Knows(l) EXCEPT !.at = "write", !.time = Later(@)]
    [] l.at = "read" -> LET found == [l EXCEPT !.time = Found(l)]
                        IN IF Flaw = "reads blindly" THEN HasRead(found)
                           ELSE At(found, "confirm read")
    [] l.at = "confirm read" ->
         IF l.turn = record.turn THEN HasRead(Knows(l)) ELSE [Knows(l) EXCEPT !.at = "read",
                                                                             !.time = 0]

(* What clients, and whoever watches, know then. *)
Acked(c, time) ==
  LET number == NumberOf(time) attempt == AttemptOf(time) + 1
  IN CASE KindOf(time) = APut     -> [c EXCEPT !.acked.put[number] = attempt]
       [] KindOf(time) = AnInsert -> [c EXCEPT !.acked.insert[number] = attempt]
       [] OTHER                 -> [c EXCEPT !.acked.deletion[number] = attempt]
Attempted(c, time) == IF KindOf(time) = ADeletion THEN [c EXCEPT !.deletion = Max(@, time)] ELSE c
InTarget(c, time)  == [c EXCEPT !.inTarget[IF KindOf(time) = AnInsert THEN 2 ELSE 1] = Max(@, time)]
AnsweredBy(c, l, time) == [c EXCEPT !.staleRead = @ \/ time < l.asked]
Recorded(c, l) ==
  [c EXCEPT !.copied = [key \in 1 .. 3 |->
     LET i == key - First(l.range) + 1
     IN IF i \in 1 .. 2 /\ l.copied[i] # 0
        THEN [time |-> CopiedUnder(l.lease), value |-> l.copied[i]] ELSE @[key]]]
WrittenBy(c, l) == IF IsWritten(l) /\ Flaw = "acknowledges blindly" THEN Acked(c, l.time) ELSE c
(* A mutant's worker is done with its range without a step for it. *)
Ends(l) == Flaw = "records first" /\ HasScanned(l).at = "finish" /\ ~l.lost

ToldBy(l) ==
  CASE l.at \in {"write", "write shadow"} ->
         WrittenBy(IF (l.at = "write") = TargetIsTruth(l.phase) THEN InTarget(clients, l.time)
                   ELSE clients, l)
    [] l.at = "confirm" -> IF l.turn = record.turn THEN Acked(clients, l.time)
                           ELSE Attempted(clients, Later(l.time))
    [] l.at = "read" /\ Flaw = "reads blindly" -> AnsweredBy(clients, l, Found(l))
    [] l.at = "confirm read" /\ l.turn = record.turn -> AnsweredBy(clients, l, l.time)
    [] l.at = "finish" /\ record.ranges[l.range + 1].lease = l.lease -> Recorded(clients, l)
    [] l.at = "scan" /\ ~IsLive(Scanned(l).here.row) /\ Ends(Scanned(l)) ->
         Recorded(clients, Scanned(l))
    [] l.at = "copy" /\ Ends(HasCopied(l)) -> Recorded(clients, HasCopied(l))
    [] OTHER -> clients

Step(p, ats) ==
  LET r == Request(process[p])
  IN /\ process[p].at \in ats /\ ~IsRefused(r) /\ IsEnabled(r)
     /\ TakesEffect(r)
     /\ process' = [process EXCEPT ![p] = After(process[p])]
     /\ UNCHANGED <<inFlight, used>>
Told(p)  == clients' = ToldBy(process[p])
NoOne(p) == UNCHANGED clients

OpenSession(p)  == Step(p, {"open"}) /\ NoOne(p)
Get(p)          == Step(p, {"get", "ask", "get back", "learn", "confirm", "confirm read"}) /\ Told(p)
Join(p)         == Step(p, {"join"}) /\ NoOne(p)                                \* a worker: 1
TakeLease(p)    == Step(p, {"lease"}) /\ NoOne(p)
Scan(p)         == Step(p, {"scan"}) /\ Told(p)                                 \* 2
Copy(p)         == Step(p, {"copy"}) /\ Told(p)
Finish(p)       == Step(p, {"finish", "record first"}) /\ Told(p)               \* 3
Leave(p)        == Step(p, {"leave"}) /\ NoOne(p)
Drain(p)        == Step(p, {"drain"}) /\ NoOne(p)                               \* a comparison
PageOfTarget(p) == Step(p, {"page of target"}) /\ NoOne(p)
PageOfSource(p) == Step(p, {"page of source"}) /\ NoOne(p)
Repair(p)       == Step(p, {"repair"}) /\ NoOne(p)
Remove(p)       == Step(p, {"remove"}) /\ NoOne(p)
FinishComparison(p) == Step(p, {"finish comparison"}) /\ NoOne(p)
Advance(p)      == Step(p, {"advance"}) /\ NoOne(p)
GoBack(p)       == Step(p, {"go back"}) /\ NoOne(p)
Write(p)        == Step(p, {"write"}) /\ Told(p)                                \* a request: 1
WriteShadow(p)  == Step(p, {"write shadow"}) /\ Told(p)                         \* 2
ReadRow(p)      == Step(p, {"read"}) /\ Told(p)

Rejected(p) == /\ process[p].session # 0 /\ IsRefused(Request(process[p]))
               /\ process' = [process EXCEPT ![p] = Nowhere]
               /\ UNCHANGED <<stores, inFlight, clients, used>>

Asks(p, l) == /\ process[p].at = "wait"
              /\ process' = [process EXCEPT ![p] = l]
              /\ UNCHANGED <<stores, inFlight, used>>
Attempts(p, time) == Asks(p, [process[p] EXCEPT !.at = "write", !.time = time])
Put(p)       == /\ clients.puts < MaxPuts
                /\ Attempts(p, TimeOf(APut, clients.puts + 1))
                /\ clients' = [clients EXCEPT !.puts = @ + 1]
Delete(p)    == /\ clients.deletes < MaxDeletes
                /\ Attempts(p, TimeOf(ADeletion, clients.deletes + 1))
                /\ clients' = [Attempted(clients, TimeOf(ADeletion, clients.deletes + 1))
                               EXCEPT !.deletes = @ + 1]
Insert(p)    == /\ clients.inserts < MaxInserts
                /\ Attempts(p, TimeOf(AnInsert, clients.inserts + 1))
                /\ clients' = [clients EXCEPT !.inserts = @ + 1]
(* The latest write of a that was acknowledged; and of each key, further down. *)
LatestOf(acked, kind) ==
  LET found == {n \in DOMAIN acked : acked[n] # 0}
  IN IF found = {} THEN 0
     ELSE LET n == CHOOSE n \in found : \A other \in found : other <= n
          IN TimeOf(kind, n) + acked[n] - 1
LatestAcked(key) ==
  CASE key = 1 -> Max(LatestOf(clients.acked.put, APut), LatestOf(clients.acked.deletion, ADeletion))
    [] key = 3 -> LatestOf(clients.acked.insert, AnInsert)
    [] OTHER   -> 0
Read(p)      == /\ clients.reads < MaxReads
                /\ Asks(p, [process[p] EXCEPT !.at = "read", !.asked = LatestAcked(1)])
                /\ clients' = [clients EXCEPT !.reads = @ + 1]
Stop(p)      == Asks(p, Nowhere) /\ UNCHANGED clients

-----------------------------------------------------------------------------
(* What befalls them. *)

HasRequest(p) == Request(process[p]) # Nothing
Dies(p)  == /\ HasRequest(p)
            /\ process' = [process EXCEPT ![p] = Nowhere]
            /\ UNCHANGED clients
(* Without an answer it ends, unless it is the shadow's, before the strict phase. *)
IsLostOn(p) == /\ HasRequest(p)
               /\ LET l == process[p]
                      goesOn == l.at = "write shadow" /\ ~IsStrict(l.phase)
                  IN /\ process' = [process EXCEPT ![p] = IF goesOn THEN HasWritten(l) ELSE Nowhere]
                     /\ clients' = IF goesOn THEN WrittenBy(clients, l) ELSE clients
Crashes  == used.crashes < MaxCrashes /\ used' = [used EXCEPT !.crashes = @ + 1]
Loses    == used.lost < MaxLost /\ used' = [used EXCEPT !.lost = @ + 1]
Fails    == UNCHANGED <<stores, inFlight>>
Stays(p) == /\ Writes(Request(process[p])) /\ used.inFlight < MaxInFlight
            /\ inFlight' = [inFlight EXCEPT ![used.inFlight + 1] = Request(process[p])]
            /\ UNCHANGED stores
Takes(p) == /\ Writes(Request(process[p])) /\ TakesEffect(Request(process[p]))
            /\ UNCHANGED inFlight

CrashBefore(p)   == Crashes /\ Dies(p) /\ Fails
CrashAfter(p)    == Crashes /\ Dies(p) /\ Takes(p)
CrashInFlight(p) == used.crashes < MaxCrashes /\ Dies(p) /\ Stays(p)
                    /\ used' = [used EXCEPT !.crashes = @ + 1, !.inFlight = @ + 1]
LoseBefore(p)    == Loses /\ IsLostOn(p) /\ Fails
LoseAfter(p)     == Loses /\ IsLostOn(p) /\ Takes(p)
LoseInFlight(p)  == used.lost < MaxLost /\ IsLostOn(p) /\ Stays(p)
                    /\ used' = [used EXCEPT !.lost = @ + 1, !.inFlight = @ + 1]

Land(i) ==
  /\ inFlight[i] # Nothing
  /\ TakesEffect(inFlight[i])
  /\ inFlight' = [inFlight EXCEPT ![i] = Nothing]
  /\ UNCHANGED <<process, clients, used>>

(* Once its process is gone; or, as one of the crashes, too early. *)
EndsSession(s) ==
  /\ s \in sessions.open
  /\ sessions' = [sessions EXCEPT !.open = @ \ {s}, !.workers = @ \ {s}]
  /\ IF \A p \in Processes : process[p].session # s THEN UNCHANGED used ELSE Crashes
  /\ UNCHANGED <<record, source, target, process, inFlight, clients>>

(* The source forgets what was deleted. *)
Compaction ==
  /\ used.compactions < MaxCompactions
  /\ source' = [key \in 1 .. 3 |-> IF IsLive(source[key]) THEN source[key] ELSE NoRow]
  /\ source' # source
  /\ used' = [used EXCEPT !.compactions = @ + 1]
  /\ UNCHANGED <<record, target, sessions, process, inFlight, clients>>

Next ==
  \/ \E p \in Processes : Start(p)
  \/ \E p \in Processes : OpenSession(p)
  \/ \E p \in Processes : Get(p)
  \/ \E p \in Processes : Join(p)
  \/ \E p \in Processes : TakeLease(p)
  \/ \E p \in Processes : Scan(p)
  \/ \E p \in Processes : Copy(p)
  \/ \E p \in Processes : Finish(p)
  \/ \E p \in Processes : Leave(p)
  \/ \E p \in Processes : Drain(p)
  \/ \E p \in Processes : PageOfTarget(p)
  \/ \E p \in Processes : PageOfSource(p)
  \/ \E p \in Processes : Repair(p)
  \/ \E p \in Processes : Remove(p)
  \/ \E p \in Processes : FinishComparison(p)
  \/ \E p \in Processes : Advance(p)
  \/ \E p \in Processes : GoBack(p)
  \/ \E p \in Processes : Write(p)
  \/ \E p \in Processes : WriteShadow(p)
  \/ \E p \in Processes : ReadRow(p)
  \/ \E p \in Processes : Put(p)
  \/ \E p \in Processes : Delete(p)
  \/ \E p \in Processes : Insert(p)
  \/ \E p \in Processes : Read(p)
  \/ \E p \in Processes : Stop(p)
  \/ \E p \in Processes : Rejected(p)
  \/ \E s \in 1 .. MaxStarts : EndsSession(s)
  \/ Compaction
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

Most(a, b, c) == Max(a, Max(b, c))
MostTime   == Clients + Most(MaxPuts, MaxInserts, MaxDeletes) * 3 * MostAttempts
MostValue  == Max(MaxPuts, MaxInserts) + 1
MostLeases == 2 * MaxStarts + 2
MostTurns  == 5 + 2 * MaxStarts
Phases     == {"source only", "both", "backfill", "strict", "verified", "target only"}
Programs   == {"none", "move", "back", "application"}
Ats == {"nowhere", "wait", "get", "ask", "get back", "learn", "confirm", "confirm read", "scan",
        "drain", "page of target", "page of source", "read"}
       \cup {"open", "join", "lease", "record first", "copy", "finish", "leave", "repair", "remove",
             "finish comparison", "advance", "go back", "write", "write shadow"}

IsRow(row)   == /\ row.deleted \in 0 .. MostTime /\ row.written \in 0 .. MostTime
                /\ row.value \in 0 .. MostValue
IsPage(page) == page.key \in 0 .. 3 /\ IsRow(page.row) /\ page.next \in 0 .. 3
TypeOK ==
  /\ record \in [phase : Phases, turn : 0 .. MostTurns, compared : 0 .. MostTurns,
                 leases : 0 .. MostLeases, ranges : Seq([lease : 0 .. MostLeases, done : BOOLEAN])]
  /\ Len(record.ranges) = 2 /\ Len(source) = 3 /\ Len(target) = 3
  /\ \A key \in 1 .. 3 : IsRow(source[key]) /\ IsRow(target[key])
  /\ sessions.opened \in 0 .. MaxStarts /\ sessions.open \subseteq 1 .. sessions.opened
  /\ sessions.workers \subseteq sessions.open
  /\ DOMAIN process = Processes
  /\ \A p \in Processes :
       /\ process[p].at \in Ats /\ process[p].program \in Programs
       /\ process[p].session \in 0 .. sessions.opened /\ process[p].phase \in Phases
       /\ process[p].turn \in 0 .. MostTurns /\ process[p].lease \in 0 .. record.leases
       /\ process[p].range \in 0 .. 1 /\ process[p].from \in 0 .. 3 /\ process[p].lost \in BOOLEAN
       /\ IsPage(process[p].here) /\ IsPage(process[p].there)
       /\ \A i \in 1 .. 2 : process[p].copied[i] \in 0 .. MostValue
       /\ process[p].time \in 0 .. MostTime /\ process[p].asked \in 0 .. MostTime
  /\ DOMAIN inFlight = 1 .. MaxInFlight
  /\ \A i \in 1 .. MaxInFlight :
       /\ inFlight[i] = Nothing \/ Writes(inFlight[i])
       /\ inFlight[i].session \in 0 .. sessions.opened /\ inFlight[i].key \in 0 .. 3
       /\ IsRow(inFlight[i].row)
  /\ used \in [starts : 0 .. MaxStarts, crashes : 0 .. MaxCrashes, inFlight : 0 .. MaxInFlight,
               lost : 0 .. MaxLost, compactions : 0 .. MaxCompactions]

(* One phase a turn. *)
PhasesAdjacent ==
  (record.turn % 2 = 0) = (record.phase \in {"source only", "backfill", "verified"})

(* What was recorded is there as it was copied, or its marker, or something later. *)
DoneIsDone ==
  /\ \A key \in 1 .. 3 :
       LET copied == clients.copied[key]
       IN /\ Time(target[key]) >= copied.time
          /\ Time(target[key]) = copied.time /\ IsLive(target[key])
               => target[key].value = copied.value
  /\ record.ranges[1].done => IsLive(target[2])

(* What the target had of a client's is there, or something later of a client's. *)
NewerWins ==
  \A i \in 1 .. 2 :
    LET time == Time(target[IF i = 1 THEN 1 ELSE 3])
    IN clients.inTarget[i] # 0 => time >= clients.inTarget[i] /\ IsClients(time)

(* Whether a row comes from an attempt at a request, and from one that was acknowledged. *)
IsAttempt(key, row) ==
  /\ IsClients(Time(row)) /\ KeyOf(Time(row)) = key
  /\ row.value = IF KindOf(Time(row)) = ADeletion THEN 0 ELSE NumberOf(Time(row)) + 1
IsAckedAttempt(row) ==
  LET time == Time(row) number == NumberOf(time) attempt == AttemptOf(time) + 1
  IN CASE KindOf(time) = APut     -> clients.acked.put[number] = attempt
       [] KindOf(time) = AnInsert -> clients.acked.insert[number] = attempt
       [] OTHER                 -> clients.acked.deletion[number] = attempt
IsDeleted(key) == LatestAcked(key) # 0 /\ KindOf(LatestAcked(key)) = ADeletion
HoldsKey(key, row) ==
  \/ IsAttempt(key, row) /\ Time(row) >= LatestAcked(key)
  (* Where its marker is forgotten, a write that nobody was told of may still arrive. *)
  \/ IsDeleted(key) /\ (~IsLive(row) \/ (IsAttempt(key, row) /\ ~IsAckedAttempt(row)))
  \/ ~IsDeleted(key) /\ ~IsLive(row) /\ key = 1 /\ clients.deletion > LatestAcked(key)
  \/ LatestAcked(key) = 0 /\ IF key = 3 THEN ~IsLive(row) ELSE row.value = Old
HoldsAll(rows, deleted) ==
  \A key \in 1 .. 3 : IsDeleted(key) = deleted => HoldsKey(key, rows[key])

TheTruth       == IF TargetIsTruth(record.phase) THEN target ELSE source
NoLostWrite    == HoldsAll(TheTruth, FALSE)
NoResurrection == HoldsAll(TheTruth, TRUE)
CanGoBack      == record.phase = "target only" \/ (HoldsAll(source, FALSE) /\ HoldsAll(source, TRUE))
OneSourceOfTruth == ~clients.staleRead

(* An operator that nothing befalls any more moves it, unless another one has its range: that one  *)
(* does. *)
Proceeds(p) == process[p].program = "move"
               /\ \/ OpenSession(p) \/ Get(p) \/ Join(p) \/ TakeLease(p) \/ Scan(p) \/ Copy(p)
                  \/ Finish(p) \/ Leave(p) \/ Drain(p) \/ PageOfTarget(p) \/ PageOfSource(p)
                  \/ Repair(p) \/ Remove(p) \/ FinishComparison(p) \/ Advance(p)
FairSpec == /\ Spec
            /\ \A p \in Processes : WF_vars(Proceeds(p))
            /\ \A s \in 1 .. MaxStarts :
                 WF_vars(EndsSession(s) /\ \A p \in Processes : process[p].session # s)
IsLast(p) == /\ process[p].program = "move" /\ process[p].session \in sessions.open \cup {0}
             /\ used.starts = MaxStarts /\ used.crashes = MaxCrashes /\ used.lost = MaxLost
LastMoveCompletes == \A p \in Processes : IsLast(p) ~> record.phase = "target only"

-----------------------------------------------------------------------------
(* What must be reached for that to mean anything. Always true; TLC says once that it was seen. *)

TheTargetAloneIsLeft == record.phase = "target only"
APutIsAcknowledged   == \E n \in 1 .. MaxPuts : clients.acked.put[n] # 0
ARequestIsDoneAgain  == \E n \in 1 .. MaxPuts : clients.acked.put[n] > 1
AWorkerLosesItsRange == \E p \in Processes : process[p].lost
ASessionEndsTooEarly == \E p \in Processes : process[p].session # 0
                                             /\ process[p].session \notin sessions.open
ARowIsRepaired       == \E p \in Processes : process[p].at = "repair"

ASSUME \A number \in 1 .. 6 : TLCSet(number, FALSE)
See(number, name, IsSeen) ==
  TLCGet(number) \/ ~IsSeen \/ (TLCSet(number, TRUE) /\ PrintT(<<"witness", name>>))
Witnessed ==
  /\ See(1, "TheTargetAloneIsLeft", TheTargetAloneIsLeft)
  /\ See(2, "APutIsAcknowledged", APutIsAcknowledged)
  /\ See(3, "ARequestIsDoneAgain", ARequestIsDoneAgain)
  /\ See(4, "AWorkerLosesItsRange", AWorkerLosesItsRange)
  /\ See(5, "ASessionEndsTooEarly", ASessionEndsTooEarly)
  /\ See(6, "ARowIsRepaired", ARowIsRepaired)
=============================================================================
