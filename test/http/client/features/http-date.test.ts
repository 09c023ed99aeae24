import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseHttpDate } from "../../../../src/http/client/features/http-date.ts";
import { retryAfterMs } from "../../../../src/http/client/features/retry-after.ts";

const now = Date.UTC(2026, 0, 1);

describe("A date of HTTP", () => {
  it("is read in each of the three forms", () => {
    const expected = Date.UTC(1994, 10, 6, 8, 49, 37);
    assert.equal(parseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT", now), expected);
    assert.equal(parseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT", now), expected);
    assert.equal(parseHttpDate("Sun Nov  6 08:49:37 1994", now), expected);
  });

  it("is what the platform writes, over centuries", () => {
    for (let day = -40_000; day < 80_000; day += 17) {
      const at = day * 86_400_000 + ((day * 7_919) % 86_400) * 1_000;
      assert.equal(parseHttpDate(new Date(at).toUTCString(), now), at);
    }
  });

  it("puts a year of two digits at most 50 years ahead", () => {
    assert.equal(parseHttpDate("Monday, 01-Jan-76 00:00:00 GMT", now), Date.UTC(2076, 0, 1));
    assert.equal(parseHttpDate("Monday, 01-Jan-77 00:00:00 GMT", now), Date.UTC(1977, 0, 1));
  });

  it("is nothing else: other zones, days that are not, lower case, spaces around", () => {
    for (const text of [
      "",
      "0",
      "tomorrow",
      "2026-01-01T00:00:00Z",
      "Sun, 06 Nov 1994 08:49:37 UTC",
      "Sun, 06 Nov 1994 08:49:37 +0000",
      "Sun, 6 Nov 1994 08:49:37 GMT",
      "Sun, 30 Feb 1994 08:49:37 GMT",
      "Sun, 29 Feb 1900 08:49:37 GMT",
      "Sun, 00 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 24:00:00 GMT",
      "Sun, 06 Nov 1994 08:60:00 GMT",
      "Sun, 06 ovD 1994 08:49:37 GMT",
      "Sun, 06 Xyz 1994 08:49:37 GMT",
      "sun, 06 nov 1994 08:49:37 gmt",
      " Sun, 06 Nov 1994 08:49:37 GMT",
    ])
      assert.equal(parseHttpDate(text, now), null, text);
    assert.equal(parseHttpDate("Tue, 29 Feb 2000 00:00:00 GMT", now), Date.UTC(2000, 1, 29));
  });
});

describe("Retry-After", () => {
  it("gives seconds, or a date", () => {
    assert.equal(retryAfterMs("0", now), 0);
    assert.equal(retryAfterMs("120", now), 120_000);
    assert.equal(retryAfterMs(new Date(now + 5_000).toUTCString(), now), 5_000);
  });

  it("asks for no wait where its date is past", () => {
    assert.equal(retryAfterMs(new Date(now - 5_000).toUTCString(), now), 0);
  });

  it("says nothing where it is missing, or not understood", () => {
    for (const value of [null, "", "soon", "-1", "1.5", "1e3", "0x10", " 5", "٣", "1, 2", "99999999999"])
      assert.equal(retryAfterMs(value, now), null, String(value));
  });
});
