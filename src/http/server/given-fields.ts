/** The fields of a reply that have to do with how it is sent. */
import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";

/** Of the fields that a server adds by itself, those that a reply brings along. */
export interface GivenFields {
  readonly type: boolean;
  readonly date: boolean;
  readonly closes: boolean;
  /** The announced length; null where the reply says none. */
  readonly lengthBytes: number | null;
}

export const nothingGiven: GivenFields = { type: false, date: false, closes: false, lengthBytes: null };
const OURS =
  /^(connection|content-length|content-type|date|keep-alive|transfer-encoding|upgrade):[\t ]*(.*?)[\t ]*\r$/gim;

/** @throws {InvalidArgument} for fields that are the server's affair. */
export function givenFields(fields: string): GivenFields {
  let given = nothingGiven;
  for (const [, name = "", value = ""] of fields.matchAll(OURS)) {
    switch (name.toLowerCase()) {
      case "content-type":
        given = { ...given, type: true };
        break;
      case "date":
        given = { ...given, date: true };
        break;
      case "content-length":
        if (given.lengthBytes !== null)
          throw new InvalidArgument("the reply has several fields content-length. Give one, or none.");
        given = { ...given, lengthBytes: announced(value) };
        break;
      default:
        if (name.toLowerCase() !== "connection" || value.toLowerCase() !== "close")
          throw new InvalidArgument(
            `the reply has the field "${name}: ${value}". How a message is framed, and whether the connection stays, is up to the server: leave it out, or give "connection: close".`,
          );
        given = { ...given, closes: true };
    }
  }
  return given;
}

function announced(value: string): number {
  if (/^[0-9]{1,15}$/.test(value)) return Number(value);
  throw new InvalidArgument(
    `content-length of the reply is ${show(value)}. Give a number of bytes, or none.`,
  );
}
