/** Connections, files, child processes: everything by which a program reaches the world. */
import "./host/install.ts";
import "./host/install-io.ts";
export { copy, writeAll } from "./io/adapters/copy.ts";
export type { Chunk } from "./io/adapters/chunks.ts";
export type { Emitter, Target } from "./io/adapters/emitters.ts";
export { EventOverflow } from "./io/adapters/errors.ts";
export type { Events, EventsStats } from "./io/adapters/event-loop.ts";
export { events, type EventsOptions } from "./io/adapters/events.ts";
export type { Chunks } from "./io/adapters/foreign-iterator.ts";
export { fromIterable } from "./io/adapters/from-iterable.ts";
export { fromNodeStream } from "./io/adapters/from-node-stream.ts";
export { fromWebStream, type WebStreamPair } from "./io/adapters/from-web-stream.ts";
export type { NodeStream } from "./io/adapters/node-transport.ts";
export { toNodeStream, type DuplexBehaviour } from "./io/adapters/to-node-stream.ts";
export { toWebStreams, type WebStreams } from "./io/adapters/to-web-streams.ts";
export {
  AddressInUse,
  ConnectFailed,
  ConnectionRefused,
  ConnectionReset,
  LimitOverrun,
  ListenFailed,
  SendFailed,
  StreamBusy,
  StreamClosed,
  TlsFailed,
  UnexpectedEnd,
  UnknownHost,
} from "./io/errors.ts";
export { FileError, LineTooLong, type FileFailure } from "./io/files/errors.ts";
export { type File, type PlaceOption } from "./io/files/file.ts";
export type { LineOptions } from "./io/files/file-lines.ts";
export { openFile, type FileMode, type OpenOptions, type PermissionsOption } from "./io/files/open.ts";
export type { FileData, FilePath } from "./io/files/path.ts";
export type { FileInfo, FileKind } from "./io/files/platform.ts";
export { readLines } from "./io/files/read-lines.ts";
export { replaceFile, type FileWriter } from "./io/files/replace.ts";
export { stdinChunks, stdinLines } from "./io/files/stdin.ts";
export {
  temporaryDirectory,
  temporaryFile,
  type TemporaryDirectory,
  type TemporaryFile,
  type TemporaryOptions,
} from "./io/files/temporary.ts";
export { walk, type WalkEntry, type WalkOptions } from "./io/files/walk.ts";
export { watch, type FileChange, type FileChangeKind, type WatchOptions } from "./io/files/watch.ts";
export { appendFile, readFile, readText, writeFile, type ReadFileOptions } from "./io/files/whole.ts";
export type {
  Address,
  Endpoint,
  HostAddress,
  IpEndpoint,
  NamedEnd,
  StreamEnd,
  UnixAddress,
} from "./io/net/address.ts";
export { CachingResolver, type CachingOptions, type CachingStats } from "./io/net/caching-resolver.ts";
export { connect, type ConnectOptions } from "./io/net/connect.ts";
export type { ConnectionHandler, ConnectionStats } from "./io/net/connections.ts";
export { withResolver } from "./io/net/current-resolver.ts";
export type { ListenAddress, ListenSocketOptions } from "./io/net/listen-socket.ts";
export { listen, type ListenOptions } from "./io/net/listen.ts";
export {
  withNetwork,
  type Begin,
  type ConnectSettings,
  type DatagramEvents,
  type DatagramSocket,
  type ListenerEvents,
  type ListeningSocket,
  type ListenSettings,
  type Network,
  type ResolvedAddress,
  type SocketSettings,
  type UdpSettings,
} from "./io/net/network.ts";
export { systemResolver, type Resolver } from "./io/net/resolver.ts";
export type { Server } from "./io/net/server.ts";
export { startTls, startTlsServer } from "./io/net/tls.ts";
export type { Pem, TlsClientOptions, TlsOptions, TlsServerOptions } from "./io/net/tls-options.ts";
export type { ChildProcess, ChildProcessStats } from "./io/process/child-process.ts";
export { command, type Command } from "./io/process/command.ts";
export {
  CommandFailed,
  CommandNotFound,
  OutputTooLong,
  SpawnFailed,
  type CommandFailure,
} from "./io/process/errors.ts";
export type { CommandInput, CommandOptions } from "./io/process/options.ts";
export type { CommandResult, Pipeline } from "./io/process/pipeline.ts";
export type { ExitStatus, StreamUse } from "./io/process/platform.ts";
export { signals } from "./io/process/signals.ts";
export { bindUdp } from "./io/net/udp.ts";
export type { Datagram, UdpOptions, UdpStats } from "./io/net/udp-options.ts";
export { UdpSocket } from "./io/net/udp-socket.ts";
export { ByteStream } from "./io/stream/byte-stream.ts";
export { lengthPrefixed } from "./io/stream/length-prefixed.ts";
export type { Frame, FrameDecoder } from "./io/stream/reads.ts";
export type { Separator } from "./io/stream/separators.ts";
export type { ByteStreamStats, LimitOption } from "./io/stream/stream-options.ts";
export type { TlsInfo, Transport, TransportSink } from "./io/stream/transport.ts";
