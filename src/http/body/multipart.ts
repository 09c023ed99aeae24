import { show } from "../../base/check.ts";
import { InvalidArgument } from "../../base/tsyncio-error.ts";
import { File } from "../../io/files/file.ts";
import { checkKnown } from "../check-options.ts";
import { isToken } from "../wire/characters.ts";
import { boundaryOf, multipartType } from "./boundary.ts";
import { MultipartContent, type MultipartPart } from "./multipart-content.ts";
import { OutgoingBody, outgoingBody, type BodyInit } from "./outgoing-body.ts";
import { partHead, type PartOptions } from "./part-head.ts";

/** How a {@link Multipart} is written. */
export interface MultipartOptions {
  /** What comes behind `multipart/` in its content type. Default `form-data`. */
  readonly subtype?: string;
  /** What separates the parts, and must not occur in one. Default: one that nobody can guess. */
  readonly boundary?: string;
}

const names: ReadonlySet<string> = new Set(["subtype", "boundary"]);

/**
 * A body of several parts: a form with files, or another kind of multipart. Each part may be whatever can be a body, a multipart too; files and
 * streams are read when their turn comes, and never held in memory.
 *
 * It can be sent again if all of its parts can.
 *
 * @example
 * import { Multipart } from "tsyncio/http";
 * const form = new Multipart()
 *   .field("title", "Holidays")
 *   .field("photo", new Uint8Array([1, 2, 3]), { filename: "beach.png", contentType: "image/png" });
 * console.log(form.contentType.startsWith("multipart/form-data; boundary=")); // true
 */
export class Multipart {
  readonly contentType: string;
  readonly #isForm: boolean;
  readonly #boundary: string;
  readonly #parts: MultipartPart[] = [];

  /** @throws {InvalidArgument} for a subtype or boundary that cannot be one. */
  constructor(options: MultipartOptions = {}) {
    checkKnown("Multipart", options, names);
    const { subtype = "form-data", boundary } = options;
    if (typeof subtype !== "string" || !isToken(subtype))
      throw new InvalidArgument(
        `subtype is ${show(subtype)}. Give a token: "form-data", "mixed", "related".`,
      );
    this.#isForm = subtype.toLowerCase() === "form-data";
    this.#boundary = boundaryOf(boundary);
    this.contentType = multipartType(subtype, this.#boundary);
  }

  /**
   * Adds a field of a form. A name may come several times.
   *
   * @throws {InvalidArgument} for what cannot be a body, or stand in the head of a part; and where this is no form.
   */
  field(name: string, body: BodyInit, options: PartOptions = {}): this {
    if (!this.#isForm)
      throw new InvalidArgument(
        `field ${show(name)} is added to ${this.contentType}, which is no form. Use part().`,
      );
    return this.#add(name, body, options);
  }

  /** Adds a part that is no field of a form. Throws as `field` does. */
  part(body: BodyInit, options: PartOptions = {}): this {
    if (this.#isForm)
      throw new InvalidArgument(
        `a part without a name is added to a form. Use field(), or another subtype.`,
      );
    return this.#add(null, body, options);
  }

  /** What it is as a body, with the parts that it has now. */
  toOutgoingBody(): OutgoingBody {
    return new OutgoingBody(
      this.contentType,
      null,
      new MultipartContent(this.#boundary, this.#parts.slice()),
    );
  }

  #add(name: string | null, init: BodyInit, options: PartOptions): this {
    const body = outgoingBody(init);
    const filename = options.filename ?? nameOf(init);
    // A field of text has no type of its own: receivers take one with a type for a file.
    const isText = typeof init === "string" && name !== null && filename === undefined;
    const known = isText ? undefined : (body.contentType ?? BYTES);
    const contentType = options.contentType ?? known;
    const head = partHead(name, {
      ...options,
      ...(filename === undefined ? {} : { filename }),
      ...(contentType === undefined ? {} : { contentType }),
    });
    this.#parts.push({ head, body });
    return this;
  }
}

const BYTES = "application/octet-stream";

function nameOf(init: BodyInit): string | undefined {
  if (init instanceof File) return init.path.slice(init.path.lastIndexOf("/") + 1);
  return init instanceof globalThis.File ? init.name : undefined;
}
