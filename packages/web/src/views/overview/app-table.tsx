import { Fragment, type ReactNode } from "react";
import type { AppStatus } from "../../api.ts";
import { instanceKey } from "../../state/app-key.ts";
import type { Order, OrderName } from "./app-order.ts";
import { AppRow } from "./app-row.tsx";
import { ProjectRow } from "./project-row.tsx";

interface AppTableProps {
  readonly rows: readonly AppStatus[];
  readonly order: Order;
  readonly onOrder: (order: Order) => void;
  readonly selected: ReadonlySet<string>;
  readonly onSelect: (selected: ReadonlySet<string>) => void;
  readonly byProject: boolean;
}

const columns: readonly {
  readonly by: OrderName | null;
  readonly text: string;
  readonly className: string;
}[] = [
  { by: "name", text: "App", className: "app" },
  { by: "state", text: "State", className: "state-cell" },
  { by: null, text: "Health", className: "health" },
  { by: "uptime", text: "Since", className: "figure" },
  { by: "restarts", text: "Restarts", className: "figure" },
  { by: "cpu", text: "CPU", className: "usage" },
  { by: "memory", text: "Memory", className: "usage" },
  { by: null, text: "Actions", className: "actions" },
];

export function AppTable({ rows, order, onOrder, selected, onSelect, byProject }: AppTableProps): ReactNode {
  const keys = rows.map(instanceKey);
  const isAll = keys.every((key) => selected.has(key));
  const toggle = (key: string, isOn: boolean): void => {
    const next = new Set(selected);
    if (isOn) next.add(key);
    else next.delete(key);
    onSelect(next);
  };
  return (
    <div className="card table-card">
      {/* Roles are said once more: on a phone rows are laid out as cards, and browsers then forget what they are. */}
      <table className="apps" role="table" aria-rowcount={rows.length + 1}>
        <thead role="rowgroup">
          <tr role="row">
            <th scope="col" className="select" role="columnheader">
              <input
                type="checkbox"
                aria-label="Select all that are shown"
                checked={isAll}
                ref={(box) => {
                  if (box !== null) box.indeterminate = !isAll && keys.some((key) => selected.has(key));
                }}
                onChange={() => onSelect(isAll ? new Set() : new Set([...selected, ...keys]))}
              />
            </th>
            {columns.map(({ by, text, className }) => (
              <th
                key={text}
                scope="col"
                role="columnheader"
                className={className}
                aria-sort={by === order.by ? (order.isDown ? "descending" : "ascending") : undefined}
              >
                {by === null ? text : <OrderButton by={by} text={text} order={order} onOrder={onOrder} />}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row, index) => {
            const key = instanceKey(row);
            const isFirst = byProject && row.project !== rows[index - 1]?.project;
            return (
              <Fragment key={key}>
                {isFirst && <ProjectRow project={row.project} columns={columns.length + 1} />}
                <AppRow
                  instance={key}
                  isSelected={selected.has(key)}
                  onSelect={toggle}
                  withProject={!byProject}
                />
              </Fragment>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

interface OrderButtonProps {
  readonly by: OrderName;
  readonly text: string;
  readonly order: Order;
  readonly onOrder: (order: Order) => void;
}

function OrderButton({ by, text, order, onOrder }: OrderButtonProps): ReactNode {
  const isOwn = order.by === by;
  // Of figures the highest are looked for, of names the first.
  const isDown = isOwn ? !order.isDown : by !== "name";
  return (
    <button type="button" className="order" onClick={() => onOrder({ by, isDown })}>
      {text}
      <span className="order-sign" aria-hidden="true">
        {isOwn ? (order.isDown ? "↓" : "↑") : ""}
      </span>
    </button>
  );
}
