import assert from "node:assert/strict";
import { Future, withTaskGroup } from "../../src/index.ts";
import { ask, type Body, type Exhibit } from "./exhibit.ts";

class Profiles {
  readonly loaded: Map<string, string> = new Map();
  readonly loading: Map<string, Future<string>> = new Map();
  loads = 0;

  async load(user: string): Promise<string> {
    this.loads++;
    await ask();
    return `profile of ${user}`;
  }
}

async function profile(profiles: Profiles, user: string): Promise<string> {
  const known = profiles.loaded.get(user);
  if (known !== undefined) return known;
  const value = await profiles.load(user);
  profiles.loaded.set(user, value);
  return value;
}

/** The entry is there before the value is. */
async function profileOnce(profiles: Profiles, user: string): Promise<string> {
  const begun = profiles.loading.get(user);
  if (begun !== undefined) return begun.wait();
  const future = new Future<string>({ name: user });
  profiles.loading.set(user, future);
  const value = await profiles.load(user);
  future.resolve(value);
  return value;
}

function site(profileOf: typeof profile): Body {
  return async () => {
    const profiles = new Profiles();
    await withTaskGroup((group) => {
      group.spawn("page", profileOf, profiles, "ann");
      group.spawn("mail", async () => {
        await ask(6);
        await profileOf(profiles, "ann");
      });
    });
    assert.equal(profiles.loads, 1);
  };
}

export const loadedTwice: Exhibit = {
  name: "value loaded twice",
  says: "A cache is asked, then filled after an await: who asks meanwhile loads the same value again.",
  kind: "error",
  hidden: true,
  wrong: site(profile),
  corrected: site(profileOnce),
};
