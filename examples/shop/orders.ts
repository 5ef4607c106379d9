import { readRows } from "./folder.ts";

interface Order {
  readonly id: number;
  readonly customer: number;
  readonly item: string;
  readonly pence: number;
}

export function readOrders(): Order[] {
  return readRows("orders.csv").map(([id, customer, item = "", pence]) => ({
    id: Number(id),
    customer: Number(customer),
    item,
    pence: Number(pence),
  }));
}

/** Orders as an API would give them: a page at a time. */
export function orderPages(size: number): Order[][] {
  const orders = readOrders();
  const pages: Order[][] = [];
  for (let from = 0; from < orders.length; from += size)
    pages.push(orders.slice(from, from + size));
  return pages;
}

/** What each customer owes, by customer. */
export function owedByCustomer(): Map<number, number> {
  const owed = new Map<number, number>();
  for (const { customer, pence } of readOrders()) {
    owed.set(customer, (owed.get(customer) ?? 0) + pence);
  }
  return owed;
}
