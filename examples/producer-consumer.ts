// Two kitchens cook, three waiters serve, and at most two dishes stand between them.
import { Queue, run, sleep, withTaskGroup } from "tsyncio";

const pass = new Queue<string>({ capacity: 2 });
const served: string[] = [];

async function cook(kitchen: string, dishes: number): Promise<void> {
  using out = pass.producer(); // the queue is closed when the last producer has gone
  for (let number = 1; number <= dishes; number++) {
    await out.put(`${kitchen} ${number}`); // waits while two dishes stand there
  }
}

async function serve(): Promise<void> {
  for await (const dish of pass) {
    await sleep(5);
    served.push(dish);
  }
}

await run(async () => {
  await withTaskGroup((group) => {
    group.spawn(cook, "soup", 4);
    group.spawn(cook, "pasta", 5);
    for (let waiter = 0; waiter < 3; waiter++) group.spawn(serve);
  });
  console.log(`${served.length} dishes served, ${pass.stats().size} left`);
  console.log(`soup in order: ${served.filter((dish) => dish.startsWith("soup")).join(", ")}`);
});
