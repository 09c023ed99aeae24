// A time limit ends a transaction that takes too long, and waits until it has been rolled back.
import { run, sleep, TimeoutError, withShield, withTimeout } from "tsyncio";

class Connection implements AsyncDisposable {
  async query(text: string, ms: number): Promise<void> {
    console.log(`${text} ...`);
    await sleep(ms);
    console.log(`${text} done`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    console.log("connection closed");
  }
}

async function transfer(): Promise<void> {
  await using connection = new Connection();
  await connection.query("BEGIN", 1);
  try {
    await connection.query("UPDATE", 60_000);
    await connection.query("COMMIT", 1);
  } catch (error) {
    // In a cancelled scope every wait is refused. Clean-up that must wait asks for a bounded time of its own.
    await withShield(1_000, () => connection.query("ROLLBACK", 5));
    throw error;
  }
}

await run(async () => {
  try {
    await withTimeout(100, transfer);
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    console.log(error.message);
  }
});
