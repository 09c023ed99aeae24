// Many ask for the same thing at the same time: it is computed once, and each of them can give up alone.
import { allSettled, map, run, shared, sleep, withTimeout } from "tsyncio";

let queries = 0;

const loadUser = shared(async (id: number) => {
  queries++;
  await sleep(20);
  return { id, name: `user ${id}` };
});

await run(async () => {
  const users = await map([1, 1, 1, 2, 2], (id) => loadUser(id));
  console.log(`${users.length} answers, ${queries} queries`);

  // One caller is in a hurry. The others get their answer all the same.
  const outcomes = await allSettled([() => withTimeout(5, () => loadUser(3)), () => loadUser(3)]);
  console.log(outcomes.map(({ status }) => status).join(", "), `- ${queries} queries`);
});
