/**
 * The package as a user gets it: built, packed, and installed into an empty project, without a network.
 * Run by `npm run test:package`, apart from `npm test`, because it builds first.
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { readEntries } from "../../scripts/api/entries.ts";
import { build } from "../../scripts/build.ts";
import { checkPublishedTypes, readDocs } from "../../scripts/docs-examples.ts";
import { runStep, toolPath } from "../../scripts/steps.ts";

const root = join(import.meta.dirname, "../..");
const entries = readEntries(root);

/** Bytes of each entry with all it imports, minified and compressed (decisions/015). Raise one only in the commit that needs it. */
const byteCeilings: Record<string, number> = { tsyncio: 23_300, "tsyncio/lowlevel": 11_300 };

let project = "";
let tarball = "";

/** Runs a program in the consumer's project and returns what it printed. */
async function inProject(...command: string[]): Promise<string> {
  const result = await runStep({ name: command.join(" "), command, cwd: project });
  assert.equal(result.code, 0, `${result.name}\n${result.output}`);
  return result.output;
}

before(async () => {
  await build();
  project = mkdtempSync(join(tmpdir(), "tsyncio-package-"));
  writeFileSync(
    join(project, "package.json"),
    '{ "name": "consumer", "private": true, "type": "module" }\n',
  );
  const packed = await runStep({
    name: "npm pack",
    command: ["npm", "pack", "--ignore-scripts", "--json", "--pack-destination", project],
    cwd: root,
  });
  assert.equal(packed.code, 0, packed.output);
  tarball = join(project, /"filename": "([^"]+\.tgz)"/.exec(packed.output)?.[1] ?? "");
  await inProject("npm", "install", "--prefer-offline", "--ignore-scripts", "--no-save", tarball);
});

after(() => rmSync(project, { recursive: true, force: true }));

describe("The installed package", () => {
  it("brings the cookie jar of HTTP and what that needs, and no other package", async () => {
    const packages = await inProject("ls", "node_modules");
    assert.deepEqual(packages.trim().split("\n"), ["tldts", "tldts-core", "tough-cookie", "tsyncio"]);
  });

  it("loads none of them but for a cookie jar", async () => {
    const program = `
      import { registerHooks } from "node:module";
      const foreign = [];
      registerHooks({ resolve(name, context, next) {
        if (name.startsWith("tough-cookie")) foreign.push(name);
        return next(name, context);
      } });
      const { CookieJar } = await import("tsyncio/http");
      console.log(foreign.length);
      await new CookieJar().setCookie("a=1", "http://localhost/");
      console.log(foreign.length > 0);
    `;
    writeFileSync(join(project, "cookies.js"), program);
    assert.equal(await inProject("node", "cookies.js"), "0\ntrue\n");
  });

  it("serves and fetches over HTTP, in threads too", async () => {
    writeFileSync(join(project, "app.js"), "export const handler = ({ path }) => ({ path });\n");
    const program = `
      import { run } from "tsyncio";
      import { HttpClient, serve, serveThreads } from "tsyncio/http";
      await run(async () => {
        await using http = new HttpClient();
        await using server = await serve(({ path }) => "one " + path, { host: "127.0.0.1" });
        console.log(await http.get(server.url + "/a").text());
        const module = new URL("./app.js", import.meta.url);
        await using threads = await serveThreads(module, { host: "127.0.0.1", threads: 1 });
        console.log(await http.get("http://127.0.0.1:" + threads.port + "/b").text());
      });
    `;
    writeFileSync(join(project, "http.js"), program);
    assert.equal(await inProject("node", "http.js"), 'one /a\n{"path":"/b"}\n');
  });

  it("holds what a user needs, and nothing of the workshop", async () => {
    const files = (await inProject("tar", "-tzf", tarball)).trim().split("\n");
    assert.ok(files.length >= 30, `${files.length} files`);
    const strange = files.filter(
      (path) => !/^package\/(dist\/.*\.(d\.ts|js)|package\.json|README\.md|LICENSE)$/.test(path),
    );
    assert.deepEqual(strange, []);
    for (const file of ["README.md", "LICENSE"]) assert.ok(files.includes(`package/${file}`), file);
  });

  for (const { specifier } of entries) {
    it(`gives ${specifier} to import and to require, and it is the same module`, async () => {
      const program = `
        import { createRequire } from "node:module";
        const imported = await import("${specifier}");
        const required = createRequire(import.meta.url)("${specifier}");
        if (Object.keys(imported).length === 0) throw new Error("no exports");
        if (imported !== required) throw new Error("two copies");
      `;
      writeFileSync(join(project, "load.js"), program);
      await inProject("node", "load.js");
    });
  }

  it("runs a program with the default host, also bundled and tree-shaken", async () => {
    const program = `
      import { run, sleep, withTaskGroup } from "tsyncio";
      await run(async () => {
        await withTaskGroup(async (group) => {
          const task = group.spawn(async () => { await sleep(5); return 41; });
          console.log("answer", 1 + await task.join());
        });
      });
    `;
    writeFileSync(join(project, "program.js"), program);
    assert.equal(await inProject("node", "program.js"), "answer 42\n");
    await using bundle = await rolldown({
      input: join(project, "program.js"),
      platform: "node",
      cwd: project,
    });
    await bundle.write({ file: join(project, "bundled.js"), format: "esm" });
    assert.equal(await inProject("node", "bundled.js"), "answer 42\n");
  });

  it("calls functions in other threads", async () => {
    writeFileSync(join(project, "work.js"), "export const double = (n) => 2 * n;\n");
    const program = `
      import { run } from "tsyncio";
      import { importThread, mapInThreads } from "tsyncio/threads";
      const work = importThread(new URL("./work.js", import.meta.url));
      await run(async () => {
        console.log("one", await work.double(21));
        for await (const n of mapInThreads([1, 2], work.double)) console.log("many", n);
      });
    `;
    writeFileSync(join(project, "threads.js"), program);
    assert.equal(await inProject("node", "threads.js"), "one 42\nmany 2\nmany 4\n");
  });

  it("starts its command", async () => {
    const output = await inProject(
      "node",
      join("node_modules", "tsyncio", "dist", "cli", "main.js"),
      "--version",
    );
    assert.match(output, /\d+\.\d+\.\d+/);
  });
});

describe("The installed types", () => {
  const consumer = readFileSync(join(import.meta.dirname, "consumer/main.ts"), "utf8");
  const config = {
    compilerOptions: {
      strict: true,
      noEmit: true,
      module: "nodenext",
      target: "esnext",
      lib: ["esnext", "esnext.disposable", "dom"],
      types: [],
      skipLibCheck: false,
      exactOptionalPropertyTypes: true,
    },
    include: ["main.ts"],
  };

  before(() => {
    writeFileSync(
      join(project, "main.ts"),
      consumer +
        entries
          .map(({ specifier }, at) => `import * as entry${at} from "${specifier}";\nvoid entry${at};\n`)
          .join(""),
    );
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify(config));
  });

  for (const compiler of ["typescript", "typescript-5.9"]) {
    it(`compile a program under ${compiler}, libraries checked`, async () => {
      await inProject("node", toolPath(compiler, "tsc"), "-p", "tsconfig.json");
    });

    it(`refuse a wrong program under ${compiler}`, async () => {
      mkdirSync(join(project, "wrong"), { recursive: true });
      writeFileSync(join(project, "wrong/main.ts"), 'import { sleep } from "tsyncio";\nsleep("soon");\n');
      writeFileSync(join(project, "wrong/tsconfig.json"), JSON.stringify(config));
      const command = ["node", toolPath(compiler, "tsc"), "-p", "wrong/tsconfig.json"];
      const result = await runStep({ name: compiler, command, cwd: project });
      assert.notEqual(result.code, 0);
      assert.match(result.output, /TS2345/);
    });
  }

  it("have all that the examples of the documentation use", async () => {
    const { examples, problems } = await checkPublishedTypes(readDocs());
    assert.ok(examples.length > 100, `only ${examples.length} examples`);
    assert.deepEqual(problems, []);
  });

  it("have nothing that publint finds", async () => {
    await inProject("node", toolPath("publint"), tarball, "--strict");
  });

  it("have nothing that attw finds", async () => {
    await inProject("node", toolPath("@arethetypeswrong/cli", "attw"), tarball, "--profile", "esm-only");
  });
});

describe("The bytes", () => {
  for (const [specifier, ceiling] of Object.entries(byteCeilings)) {
    it(`of ${specifier} stay below ${ceiling}, minified and compressed`, async () => {
      const file = entries.find((entry) => entry.specifier === specifier)?.file ?? "";
      const input = join(root, "dist", `${file}.js`);
      await using bundle = await rolldown({ input, platform: "node", external: /^node:/ });
      const { output } = await bundle.generate({ format: "esm", minify: true, codeSplitting: false });
      const bytes = gzipSync(output[0].code, { level: 9 }).length;
      assert.ok(bytes > 500, `only ${bytes} bytes: was anything bundled?`);
      assert.ok(bytes <= ceiling, `${bytes} bytes; at most ${ceiling}`);
    });
  }
});
