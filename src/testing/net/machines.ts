/** The machines of a simulated network, by their names and addresses. */
import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import type { ResolvedAddress } from "../../io/net/network.ts";
import { Machine } from "./machine.ts";

export class Machines {
  /** By name in lower case, and by address. */
  readonly #found = new Map<string, Machine>();
  readonly #addresses = new Map<Machine, string>();
  readonly #onError: (error: Error) => void;

  /** `onError` is shown each error that a connection ends with. */
  constructor(onError: (error: Error) => void) {
    this.#onError = onError;
  }

  /** A new machine, with an address of its own. Of several with one name the first is found by it. */
  add(name: string): Machine {
    const machine = new Machine(name, this.#onError);
    const number = this.#addresses.size + 1;
    const address = `10.0.${number >> 8}.${number & 255}`;
    this.#addresses.set(machine, address);
    this.#found.set(address, machine);
    const key = name.toLowerCase();
    if (!this.#found.has(key)) this.#found.set(key, machine);
    return machine;
  }

  resolve(name: string): readonly ResolvedAddress[] | null {
    const key = name.toLowerCase().replace(/\.$/, "");
    if (key === "localhost") return [{ address: "127.0.0.1", family: 4 }];
    const machine = this.#found.get(key);
    const address = machine === undefined ? undefined : this.#addresses.get(machine);
    return address === undefined ? null : [{ address, family: 4 }];
  }

  at(address: string, from: Machine): Machine | null {
    return isLoopback(address) ? from : (this.#found.get(address) ?? null);
  }

  addressOf(from: Machine, to: string): string {
    return isLoopback(to) ? to : (this.#addresses.get(from) ?? to);
  }

  /** @throws {InvalidArgument} when no machine has that name. */
  named(name: string): Machine {
    const machine = this.#found.get(String(name).toLowerCase());
    if (machine !== undefined) return machine;
    const known = [...this.#addresses.keys()].map((one) => show(one.name)).join(", ");
    throw new InvalidArgument(`no host is called ${show(name)}. There are ${known}.`);
  }
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}
