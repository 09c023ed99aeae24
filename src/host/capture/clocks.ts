/**
 * Clocks inside a world: `Date`, `performance`, `process`, `Temporal.Now`, and the formatters that take "now" for granted.
 *
 * The wall clock gives whole milliseconds where the platform's does. The time zone and the locale are the machine's: they do
 * not change while the process runs.
 */
import process from "node:process";
import { performance } from "node:perf_hooks";
import type { CapturedWorld } from "../../testing/platform.ts";
import type { Answer, Patches } from "./patches.ts";

const RealDate = Date;
const NANOS_PER_MS = 1_000_000;
const NANOS_PER_SECOND = 1_000_000_000;

export function captureClocks(patches: Patches): void {
  captureDate(patches);
  patches.answer(performance, "now", (world) => world.now());
  patches.answerRead(performance, "timeOrigin", (world) => world.wallNow() - world.now());
  patches.answer(process.hrtime, "bigint", (world) => BigInt(nanosOf(world)));
  patches.answer(process, "hrtime", hrtime);
  patches.answer(process, "uptime", (world) => world.now() / 1_000);
  patches.answer(Reflect.get(globalThis, "Bun") as object | undefined, "nanoseconds", nanosOf);
  captureTemporal(patches);
  captureFormatters(patches);
}

/** `now` is replaced on the real `Date`, so that those who kept it have captured clocks as well. */
function captureDate(patches: Patches): void {
  const make: Answer = (world, args, real, newTarget) => {
    if (newTarget === undefined) return new RealDate(wallMs(world)).toString();
    if (args.length > 0) return real();
    return Reflect.construct(RealDate, [wallMs(world)], newTarget);
  };
  patches.answer(RealDate, "now", wallMs);
  patches.answer(globalThis, "Date", make);
  patches.answer(RealDate.prototype, "constructor", make);
}

function wallMs(world: CapturedWorld): number {
  return Math.floor(world.wallNow());
}

function nanosOf(world: CapturedWorld): number {
  return Math.floor(world.now() * NANOS_PER_MS);
}

/** With an earlier answer it gives the difference to that; the original checks what it was given. */
const hrtime: Answer = (world, args, real) => {
  const nanos = nanosOf(world);
  const now: [number, number] = [Math.floor(nanos / NANOS_PER_SECOND), nanos % NANOS_PER_SECOND];
  if (args[0] === undefined) return now;
  real();
  const [seconds, rest] = args[0] as [number, number];
  const difference = now[1] - rest;
  if (difference >= 0) return [now[0] - seconds, difference];
  return [now[0] - seconds - 1, difference + NANOS_PER_SECOND];
};

/** The types of `Temporal` that are used here: Node 24 has none. */
interface ZonedDateTime {
  toPlainDateTime(): unknown;
  toPlainDate(): unknown;
  toPlainTime(): unknown;
}

interface TemporalNow {
  timeZoneId(): string;
}

interface TemporalNamespace {
  readonly Now: TemporalNow;
  readonly Instant: {
    fromEpochNanoseconds(nanos: bigint): { toZonedDateTimeISO(timeZone: unknown): ZonedDateTime };
  };
}

function captureTemporal(patches: Patches): void {
  const temporal = Reflect.get(globalThis, "Temporal") as TemporalNamespace | undefined;
  if (temporal === undefined) return;
  const { Now, Instant } = temporal;
  const instant = (world: CapturedWorld): ReturnType<typeof Instant.fromEpochNanoseconds> => {
    const ms = wallMs(world);
    const rest = Math.floor((world.wallNow() - ms) * NANOS_PER_MS);
    return Instant.fromEpochNanoseconds(BigInt(ms) * BigInt(NANOS_PER_MS) + BigInt(rest));
  };
  const zoned = (world: CapturedWorld, args: readonly unknown[]): ZonedDateTime =>
    instant(world).toZonedDateTimeISO(args[0] === undefined ? Now.timeZoneId() : args[0]);
  patches.answer(Now, "instant", instant);
  patches.answer(Now, "zonedDateTimeISO", zoned);
  patches.answer(Now, "plainDateTimeISO", (world, args) => zoned(world, args).toPlainDateTime());
  patches.answer(Now, "plainDateISO", (world, args) => zoned(world, args).toPlainDate());
  patches.answer(Now, "plainTimeISO", (world, args) => zoned(world, args).toPlainTime());
}

/** `format` is an accessor that gives each formatter a function of its own; that function is captured in turn. */
function captureFormatters(patches: Patches): void {
  const orNow: Answer = (world, args, real) => real(args[0] === undefined ? [wallMs(world)] : args);
  patches.answerRead(Intl.DateTimeFormat.prototype, "format", (_, __, real) =>
    patches.standIn(real() as Function, orNow),
  );
  patches.answer(Intl.DateTimeFormat.prototype, "formatToParts", orNow);
}
