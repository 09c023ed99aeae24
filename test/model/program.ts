/**
 * Programs as data: what the model test runs. A program is a block of steps; steps may hold blocks.
 *
 * Numbers that name an object (`target`, `task`, `scope`, ...) are taken modulo how many there are when the step runs, so every
 * program is valid. Times are small and few, so that much happens at the same instant.
 */
import fc from "fast-check";

export type Block = readonly Step[];

export type Step =
  | { readonly op: "sleep"; readonly ms: number }
  | { readonly op: "hop"; readonly times: number }
  | { readonly op: "checkpoint" }
  | { readonly op: "fail"; readonly kind: "error" | "frozen" | "primitive" }
  | { readonly op: "group"; readonly body: Block }
  | { readonly op: "spawn"; readonly target: number; readonly body: Block }
  | { readonly op: "spawnThrow"; readonly target: number }
  | { readonly op: "service"; readonly target: number; readonly body: Block }
  | StartStep
  | { readonly op: "join"; readonly task: number }
  | { readonly op: "cancelTask"; readonly task: number }
  | { readonly op: "cancelTasks"; readonly target: number }
  | { readonly op: "scope"; readonly body: Block }
  | { readonly op: "cancelScope"; readonly scope: number }
  | { readonly op: "limit"; readonly ms: number; readonly throws: boolean; readonly body: Block }
  | { readonly op: "shield"; readonly ms: number; readonly body: Block }
  | { readonly op: "bind"; readonly value: number; readonly body: Block }
  | { readonly op: "catch"; readonly what: "all" | "errors"; readonly body: Block }
  | { readonly op: "finally"; readonly body: Block; readonly cleanup: Block }
  | CombinatorStep
  | { readonly op: "forget"; readonly body: Block }
  | { readonly op: "promiseAll"; readonly branches: readonly Block[] }
  | { readonly op: "put" | "get" | "tryPut" | "tryGet"; readonly queue: number }
  | { readonly op: "lock" | "tryLock"; readonly lock: number; readonly body: Block }
  | { readonly op: "semaphore"; readonly semaphore: number; readonly body: Block }
  | { readonly op: "setEvent" | "clearEvent" | "waitEvent"; readonly event: number };

export interface StartStep {
  readonly op: "start" | "startService";
  readonly target: number;
  readonly before: Block;
  readonly calls: number;
  readonly after: Block;
}

export interface CombinatorStep {
  readonly op: "all" | "race" | "any";
  readonly concurrency: number;
  readonly branches: readonly Block[];
}

/** Programs in which the whole variety is as likely as what is common; see the weights. */
export function programs(): fc.Arbitrary<Block> {
  const ms = fc.constantFrom(1, 2, 3, 5, 8);
  const index = fc.nat({ max: 7 });
  /** 0 is the innermost group around; most spawns go there. */
  const target = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: index });
  const op = <const O extends string>(name: O) => fc.constant(name);
  const waits = [
    fc.record({ op: op("sleep"), ms: fc.oneof(fc.constant(0), ms) }),
    fc.record({ op: op("checkpoint") }),
    fc.record({ op: fc.constantFrom("put", "get"), queue: index }),
    fc.record({ op: fc.constantFrom("waitEvent"), event: index }),
  ] as const;
  const simple = fc.oneof(
    { weight: 4, arbitrary: waits[0] },
    ...waits.slice(1),
    fc.record({ op: op("hop"), times: fc.integer({ min: 1, max: 4 }) }),
    {
      weight: 2,
      arbitrary: fc.record({ op: op("fail"), kind: fc.constantFrom("error", "frozen", "primitive") }),
    },
    fc.record({ op: op("join"), task: index }),
    fc.record({ op: op("cancelTask"), task: index }),
    fc.record({ op: op("cancelTasks"), target }),
    fc.record({ op: op("cancelScope"), scope: index }),
    fc.record({ op: op("spawnThrow"), target }),
    fc.record({ op: fc.constantFrom("tryPut", "tryGet"), queue: index }),
    fc.record({ op: fc.constantFrom("setEvent", "clearEvent"), event: index }),
  ) as fc.Arbitrary<Step>;
  const strays = fc.array(fc.oneof(...waits), { minLength: 1, maxLength: 3 }) as fc.Arbitrary<Block>;
  const { program } = fc.letrec<{ program: Block; block: Block; step: Step }>((tie) => {
    const block = tie("block");
    const nested = fc.oneof(
      { weight: 3, arbitrary: fc.record({ op: op("group"), body: block }) },
      { weight: 6, arbitrary: fc.record({ op: op("spawn"), target, body: block }) },
      { weight: 2, arbitrary: fc.record({ op: op("service"), target, body: block }) },
      {
        weight: 3,
        arbitrary: fc.record({
          op: fc.constantFrom("start", "start", "startService"),
          target,
          before: block,
          calls: fc.constantFrom(1, 1, 1, 0, 2),
          after: block,
        }),
      },
      { weight: 2, arbitrary: fc.record({ op: op("scope"), body: block }) },
      {
        weight: 3,
        arbitrary: fc.record({
          op: op("limit"),
          ms: fc.oneof(fc.constant(0), ms),
          throws: fc.boolean(),
          body: block,
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ op: op("shield"), ms: fc.oneof(fc.constant(0), ms), body: block }),
      },
      { weight: 3, arbitrary: fc.record({ op: op("bind"), value: index, body: block }) },
      {
        weight: 2,
        arbitrary: fc.record({ op: op("catch"), what: fc.constantFrom("all", "errors"), body: block }),
      },
      { weight: 2, arbitrary: fc.record({ op: op("finally"), body: block, cleanup: block }) },
      {
        weight: 2,
        arbitrary: fc.record({
          op: fc.constantFrom("all", "race", "any"),
          concurrency: fc.constantFrom(1, 2, 9),
          branches: fc.array(block, { minLength: 1, maxLength: 3 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ op: op("forget"), body: strays }) },
      {
        weight: 1,
        arbitrary: fc.record({
          op: op("promiseAll"),
          branches: fc.array(strays, { minLength: 1, maxLength: 3 }),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          op: fc.constantFrom("lock", "lock", "tryLock"),
          lock: index,
          body: block,
        }),
      },
      { weight: 3, arbitrary: fc.record({ op: op("semaphore"), semaphore: index, body: block }) },
    ) as fc.Arbitrary<Step>;
    return {
      program: fc.array(tie("step"), { minLength: 1, maxLength: 6 }),
      block: fc.array(tie("step"), { maxLength: 4 }),
      step: fc.oneof({ depthSize: "small", withCrossShrink: true }, simple, nested),
    };
  });
  return fc.oneof(
    { withCrossShrink: true },
    { weight: 3, arbitrary: program },
    { weight: 1, arbitrary: crowds() },
  );
}

/** Many tasks at few objects, so that several wait for the same one while others are cancelled. */
function crowds(): fc.Arbitrary<Block> {
  const index = fc.nat({ max: 5 });
  const ms = fc.constantFrom(0, 1, 1, 2, 3);
  const pause = fc.array(fc.record({ op: fc.constant("sleep"), ms }), { maxLength: 1 });
  const object = fc.oneof(
    fc.record({ op: fc.constant("lock"), lock: fc.constant(0), body: pause }),
    fc.record({ op: fc.constant("semaphore"), semaphore: fc.constant(0), body: pause }),
    fc.record({ op: fc.constantFrom("put", "get", "put", "get", "tryPut", "tryGet"), queue: index }),
    fc.record({ op: fc.constantFrom("waitEvent", "waitEvent", "setEvent", "clearEvent"), event: index }),
    fc.record({ op: fc.constant("sleep"), ms }),
  ) as fc.Arbitrary<Step>;
  const work = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: object },
      {
        weight: 1,
        arbitrary: fc.record({
          op: fc.constantFrom("limit", "limit", "shield"),
          ms,
          throws: fc.constant(false),
          body: fc.array(object, { minLength: 1, maxLength: 2 }),
        }),
      },
    ) as fc.Arbitrary<Step>,
    { minLength: 1, maxLength: 4 },
  );
  const body = fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ op: fc.constant("spawn"), target: fc.constant(0), body: work }),
      },
      { weight: 1, arbitrary: fc.record({ op: fc.constant("cancelTask"), task: fc.nat({ max: 12 }) }) },
      { weight: 1, arbitrary: object },
    ) as fc.Arbitrary<Step>,
    { minLength: 2, maxLength: 14 },
  );
  return body.map((steps): Block => [{ op: "group", body: steps }]);
}
