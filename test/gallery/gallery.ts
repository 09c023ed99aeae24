import { clockSkew } from "./clock-skew.ts";
import { closedUnderProducer } from "./closed-under-producer.ts";
import { deposedLeader } from "./deposed-leader.ts";
import { doubleRelease } from "./double-release.ts";
import { endlessRetry } from "./endless-retry.ts";
import type { Exhibit } from "./exhibit.ts";
import { forgottenBranch } from "./forgotten-branch.ts";
import { halfDoneTransfer } from "./half-done-transfer.ts";
import { halfOpenConnection } from "./half-open-connection.ts";
import { handMadeLock } from "./hand-made-lock.ts";
import { jobRunTwice } from "./job-run-twice.ts";
import { leakedPermit } from "./leaked-permit.ts";
import { leftBehind } from "./left-behind.ts";
import { loadedTwice } from "./loaded-twice.ts";
import { lockOrder } from "./lock-order.ts";
import { lostUpdate } from "./lost-update.ts";
import { missedWakeUp } from "./missed-wake-up.ts";
import { seatSoldTwice } from "./seat-sold-twice.ts";
import { shutdownOrder } from "./shutdown-order.ts";
import { skippedSubscriber } from "./skipped-subscriber.ts";
import { slowClock } from "./slow-clock.ts";
import { staleCache } from "./stale-cache.ts";
import { timedOutButDone } from "./timed-out-but-done.ts";
import { unheardFailure } from "./unheard-failure.ts";
import { waitWithoutLoop } from "./wait-without-loop.ts";

export const gallery: readonly Exhibit[] = [
  lostUpdate,
  missedWakeUp,
  doubleRelease,
  loadedTwice,
  staleCache,
  seatSoldTwice,
  jobRunTwice,
  deposedLeader,
  halfOpenConnection,
  waitWithoutLoop,
  skippedSubscriber,
  endlessRetry,
  handMadeLock,
  lockOrder,
  leakedPermit,
  halfDoneTransfer,
  shutdownOrder,
  closedUnderProducer,
  forgottenBranch,
  leftBehind,
  unheardFailure,
  clockSkew,
  slowClock,
  timedOutButDone,
];
