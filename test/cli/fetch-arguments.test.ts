import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fetchDefaults, fetchHelp, parseFetchArguments } from "../../src/cli/fetch-arguments.ts";

const refused = (args: string[], message: RegExp): void => {
  assert.throws(() => parseFetchArguments(args), { name: "Misuse", message });
};

describe("The arguments of fetch", () => {
  it("are URLs and options in any order, with defaults for what is not given", () => {
    assert.deepEqual(parseFetchArguments(["http://a/", "--json", "http://b/"]), {
      ...fetchDefaults,
      urls: ["http://a/", "http://b/"],
      file: undefined,
      json: true,
      help: false,
    });
    const args = [
      "--concurrency",
      "3",
      "--per-host=2",
      "--timeout",
      "1500",
      "--retries",
      "0",
      "--file",
      "urls.txt",
    ];
    const { concurrency, perHost, timeoutMs, retries, file } = parseFetchArguments(args);
    assert.deepEqual([concurrency, perHost, timeoutMs, retries, file], [3, 2, 1_500, 0, "urls.txt"]);
  });

  it("take what follows -- as URLs", () => {
    assert.deepEqual(parseFetchArguments(["--", "--json"]).urls, ["--json"]);
  });

  it("name an unknown option, and the one that was probably meant", () => {
    refused(["--concurency", "3"], /^unknown option --concurency\. Did you mean --concurrency\?$/);
    refused(["--frobnicate"], /^unknown option --frobnicate\.$/);
    refused(["-x"], /^unknown option -x\.$/);
  });

  it("refuse what is no whole number, and show it", () => {
    refused(["--concurrency", "many"], /^--concurrency is "many"\. Give a whole number of at least 1\.$/);
    refused(["--concurrency", "NaN"], /"NaN"/);
    refused(["--concurrency", "0"], /at least 1/);
    refused(["--per-host", "1.5"], /--per-host is "1\.5"/);
    refused(["--timeout=-5"], /--timeout is "-5"/);
    refused(["--retries", "1e3"], /--retries is "1e3"/);
    refused(["--retries", "99999999999999999999"], /whole number/);
  });

  it("refuse an option whose value was forgotten, and a value for a switch", () => {
    refused(["--concurrency"], /^--concurrency needs a value after it\.$/);
    refused(["--concurrency", "--json"], /^--concurrency needs a value after it\.$/);
    refused(["--file="], /^--file needs a value after it\.$/);
    refused(["--json=yes"], /^--json is a switch/);
  });

  it("are all in the help", () => {
    for (const name of ["file", "concurrency", "per-host", "timeout", "retries", "json", "help"]) {
      assert.match(fetchHelp, new RegExp(`^  --${name}\\b`, "m"));
    }
  });
});
