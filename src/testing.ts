/** What tests of concurrent programs need. */
import "./host/install.ts";
import "./host/install-simulation.ts";
export { assertCancellationPoint, assertNothingAlive } from "./testing/assertions.ts";
export {
  BrokenInvariant,
  BrokenSequence,
  HostCrashed,
  InjectedFault,
  LeakedTask,
  Livelock,
  NestedSimulation,
  NoCancellationPoint,
  Nondeterminism,
  RealIo,
  StillAlive,
  StrayWork,
  TapeMismatch,
} from "./testing/errors.ts";
export type { Exploration } from "./testing/explore.ts";
export type { FaultOptions } from "./testing/faults.ts";
export { testCertificate, type TestCertificate } from "./testing/net/certificate.ts";
export type { LinkOptions, NetworkOptions } from "./testing/net/link.ts";
export type { NetworkFaultOptions } from "./testing/net/network-faults.ts";
export { MemoryNetwork, type MemoryNetworkOptions } from "./testing/net/memory-network.ts";
export { memoryPipe } from "./testing/net/memory-pipe.ts";
export type { SimulateOptions, Strategy } from "./testing/options.ts";
export type { FailureKind } from "./testing/run.ts";
export type { WakeOrder } from "./testing/simulated-turn.ts";
export { explore, simulate } from "./testing/simulate.ts";
export type { SimulatedHost } from "./testing/simulated-host.ts";
export { SimulationFailed } from "./testing/simulation-failed.ts";
export type { Simulation, VirtualTime } from "./testing/simulation.ts";
export { Sequencer } from "./testing/sequencer.ts";
export { tapes, type TapesOptions } from "./testing/tapes.ts";
export { Tape, type Deviation } from "./testing/tape.ts";
export { virtual } from "./testing/virtual.ts";
