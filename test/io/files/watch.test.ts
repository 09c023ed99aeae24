import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { InvalidArgument, withCancelScope, withTaskGroup } from "../../../src/index.ts";
import { nodeFiles } from "../../../src/host/files/file-platform.ts";
import { watch, type FileChange } from "../../../src/io.ts";
import { installFilePlatform, type WatchListener } from "../../../src/io/files/platform.ts";

async function inDirectory(body: (directory: string) => unknown): Promise<void> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "tsyncio-watch-")));
  try {
    await body(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A watcher that says what the test says. */
class Puppet {
  listener: WatchListener | null = null;
  open = 0;

  async within(body: () => unknown): Promise<void> {
    installFilePlatform({
      ...nodeFiles,
      watch: (_path, _recursive, listener) => {
        this.listener = listener;
        this.open++;
        return () => this.open--;
      },
      describePath: (path, _follow, done) =>
        setImmediate(() => done(path.endsWith("gone") ? new Error("gone") : null, undefined as never)),
    });
    try {
      await body();
    } finally {
      installFilePlatform(nodeFiles);
    }
  }

  changed(...names: string[]): void {
    for (const name of names) this.listener?.changed(name, true);
  }
}

/** Reads changes until one of this kind comes for this path. */
async function until(changes: AsyncIterator<FileChange>, kind: string, path: string): Promise<void> {
  for (;;) {
    const { value } = (await changes.next()) as { value: FileChange };
    if (value.kind === kind && value.path === path) return;
  }
}

describe("Watching a directory", () => {
  it("tells what is created, modified and deleted, once it is ready", async () => {
    await inDirectory(async (directory) => {
      const changes = watch(directory)[Symbol.asyncIterator]();
      const path = join(directory, "a");
      assert.deepEqual(await changes.next(), { done: false, value: { kind: "ready", path: directory } });
      writeFileSync(path, "x");
      await until(changes, "created", path);
      appendFileSync(path, "y");
      await until(changes, "modified", path);
      rmSync(path);
      await until(changes, "deleted", path);
      await changes.return?.();
      assert.equal((await changes.next()).done, true);
    });
  });

  it("tells what happens deeper down, if asked to", async () => {
    await inDirectory(async (directory) => {
      mkdirSync(join(directory, "deep"));
      const path = join(directory, "deep", "a");
      for await (const change of watch(directory, { recursive: true })) {
        if (change.kind === "ready") writeFileSync(path, "x");
        else if (change.path === path) break;
      }
    });
  });

  it("fails with ENOENT where nothing stands", async () => {
    await inDirectory(async (directory) => {
      const changes = watch(join(directory, "none"))[Symbol.asyncIterator]();
      await assert.rejects(changes.next(), {
        code: "TSY_FILE",
        systemCode: "ENOENT",
        operation: "watch",
      });
      assert.throws(() => watch(directory, { capacity: 0 }), InvalidArgument);
    });
  });
});

describe("A loop over changes", () => {
  it("closes its watcher when it is left, cancelled or failed", async () => {
    const puppet = new Puppet();
    await puppet.within(async () => {
      for await (const _ of watch(".")) break;
      assert.equal(puppet.open, 0);
      await withCancelScope(async (scope) => {
        for await (const _ of watch(".")) {
          assert.equal(puppet.open, 1);
          scope.cancel();
        }
      });
      assert.equal(puppet.open, 0);
      await assert.rejects(
        async () => {
          for await (const _ of watch("."))
            puppet.listener?.failed(Object.assign(new Error("ENOSPC"), { code: "ENOSPC" }));
        },
        { code: "TSY_FILE", systemCode: "ENOSPC" },
      );
      assert.equal(puppet.open, 0);
    });
  });

  it("keeps as many changes as its capacity, then says that some were dropped, in their place", async () => {
    const puppet = new Puppet();
    await puppet.within(async () => {
      const seen: string[] = [];
      const changes = watch("d", { capacity: 2 })[Symbol.asyncIterator]();
      const take = async (): Promise<void> => {
        const { value } = (await changes.next()) as { value: FileChange };
        seen.push(`${value.kind} ${value.path.replace(/^d[\\/]/, "")}`);
      };
      await take();
      puppet.changed("a", "b", "c", "d");
      for (let n = 0; n < 3; n++) await take();
      puppet.changed("e");
      await take();
      assert.deepEqual(seen, ["ready d", "created a", "created b", "overflow d", "created e"]);
      await changes.return?.();
    });
  });

  it("tells two equal changes in a row once, and looks when a change is taken whether something stands there", async () => {
    const puppet = new Puppet();
    await puppet.within(async () => {
      const seen: string[] = [];
      for await (const { kind } of watch("d")) {
        seen.push(kind);
        if (kind === "ready") puppet.changed("gone", "gone", "here", "here");
        if (kind === "created") break;
      }
      assert.deepEqual(seen, ["ready", "deleted", "created"]);
    });
  });

  it("loses no change to a next() that is cancelled", async () => {
    const puppet = new Puppet();
    await puppet.within(async () => {
      const changes = watch("d")[Symbol.asyncIterator]();
      await changes.next();
      await withTaskGroup((group) => {
        const reader = group.spawn(() => changes.next());
        puppet.changed("a");
        reader.cancel();
      });
      const { value } = (await changes.next()) as { value: FileChange };
      assert.equal(value.path, join("d", "a"));
      await changes.return?.();
    });
  });
});
