import type { HostTimer } from "../../kernel/host.ts";
import { VirtualHost } from "../virtual-host.ts";

/** The machine as a simulated thread sees it: when the thread has died, nothing that it armed happens any more. */
export class ThreadHost extends VirtualHost {
  isDead = false;

  override setTimer(callback: () => void, ms: number): HostTimer {
    return super.setTimer(this.#alive(callback), ms);
  }

  override nextTurn(callback: () => void): void {
    super.nextTurn(this.#alive(callback));
  }

  override setForeignTimer(callback: () => void, ms: number): HostTimer {
    return super.setForeignTimer(this.#alive(callback), ms);
  }

  override setForeignTurn(callback: () => void): () => void {
    return super.setForeignTurn(this.#alive(callback));
  }

  #alive(callback: () => void): () => void {
    return () => {
      if (!this.isDead) callback();
    };
  }
}
