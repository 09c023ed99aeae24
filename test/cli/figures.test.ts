import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatBytes, formatMs, percentile } from "../../src/cli/figures.ts";

describe("Figures", () => {
  it("show bytes in the unit that fits", () => {
    const shown = [0, 999, 1_000, 1_449, 99_940, 99_960, 999_400, 999_500, 3.04e6, 2e9].map(formatBytes);
    assert.deepEqual(shown, [
      "0 B",
      "999 B",
      "1.0 kB",
      "1.4 kB",
      "99.9 kB",
      "100 kB",
      "999 kB",
      "1.0 MB",
      "3.0 MB",
      "2.0 GB",
    ]);
  });

  it("show durations in the unit that fits", () => {
    const shown = [0.4, 999.4, 999.5, 1_240, 59_990, 59_995, 125_000].map(formatMs);
    assert.deepEqual(shown, ["0 ms", "999 ms", "1.00 s", "1.24 s", "59.99 s", "1 min 0 s", "2 min 5 s"]);
  });

  it("find percentiles by the nearest rank", () => {
    const values = Array.from({ length: 100 }, (_, at) => at + 1);
    assert.deepEqual(
      [0.5, 0.99, 1].map((share) => percentile(values, share)),
      [50, 99, 100],
    );
    assert.equal(percentile([7], 0.99), 7);
    assert.equal(percentile([], 0.5), undefined);
  });
});
