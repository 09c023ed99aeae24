/** What a reader has come to. Numbers, because a connection compares one for each step of each message. */

/** All that was pushed has been read. */
export const MORE = 0;
/** A head is complete; it is in `head`. */
export const HEAD = 1;
/** A piece of the body is in `data`. */
export const DATA = 2;
/** The message is complete; its trailer fields are in `trailers`. */
export const END = 3;

export type ReadEvent = typeof MORE | typeof HEAD | typeof DATA | typeof END;
