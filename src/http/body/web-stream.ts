import { withCancelScope, type CancelScope } from "../../kernel/cancel-scope.ts";
import { storage } from "../../kernel/current.ts";
import { inRoot } from "../../kernel/root-context.ts";
import { currentRuntime } from "../../kernel/runtime.ts";

/** What can be read piece by piece. */
interface Readable {
  read(): Promise<Uint8Array | null>;
}

/**
 * A web stream that reads when it is asked to, and nothing ahead. Those who ask have no scope, so it reads in the background scope of the
 * runtime in which it was made. Cancelling it gives up the read that waits.
 */
export function webStreamOf(body: Readable): ReadableStream<Uint8Array> {
  const scope = currentRuntime().backgroundScope;
  let reading: CancelScope | null = null;
  return new ReadableStream<Uint8Array>(
    {
      pull: (controller) =>
        inRoot(() =>
          storage.run(scope, () =>
            withCancelScope(async (cancellable) => {
              reading = cancellable;
              const piece = await body.read();
              if (cancellable.cancelRequested) return;
              if (piece === null) controller.close();
              else controller.enqueue(piece);
            }),
          ),
        ),
      cancel: () => reading?.cancel("nobody reads on"),
    },
    { highWaterMark: 0 },
  );
}
