import { Mutex } from "async-mutex";
import { Sema } from "async-sema";

export async function mutexFree(count: number): Promise<number> {
  const mutex = new Mutex();
  let sum = 0;
  for (let index = 0; index < count; index++) {
    const release = await mutex.acquire();
    try {
      sum += index;
    } finally {
      release();
    }
  }
  return sum;
}

export async function semaFree(count: number): Promise<number> {
  const sema = new Sema(1);
  let sum = 0;
  for (let index = 0; index < count; index++) {
    await sema.acquire();
    try {
      sum += index;
    } finally {
      sema.release();
    }
  }
  return sum;
}

export async function mutexContended(count: number): Promise<number> {
  const mutex = new Mutex();
  let taken = 0;
  const work = async (): Promise<void> => {
    for (let index = 0; index < count / 100; index++) {
      const release = await mutex.acquire();
      try {
        taken++;
      } finally {
        release();
      }
    }
  };
  await Promise.all(Array.from({ length: 100 }, work));
  return taken;
}

export async function semaContended(count: number): Promise<number> {
  const sema = new Sema(1, { capacity: 100 });
  let taken = 0;
  const work = async (): Promise<void> => {
    for (let index = 0; index < count / 100; index++) {
      await sema.acquire();
      try {
        taken++;
      } finally {
        sema.release();
      }
    }
  };
  await Promise.all(Array.from({ length: 100 }, work));
  return taken;
}
