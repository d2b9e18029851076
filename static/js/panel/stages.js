// Moving about in the script's graph, from the view's section `script`.

export const current = (script) => script?.stages.find((stage) => stage.id === script.current);

export const stageOf = (script, id) => script?.stages.find((stage) => stage.id === id);

/** The main course's edge out of the stage that is open: the first one. */
export const onward = (script) => current(script)?.next[0];

/** The stage before in the course of the conversation; out of a branch it is the one that led there. */
export function before(script) {
  const stage = current(script);
  if (!stage) return undefined;
  const place = script.stages.indexOf(stage);
  const earlier = script.stages.slice(0, place).reverse();
  const leads = (one) => one.next.some((edge) => edge.to === stage.id);
  return earlier.find((one) => !one.branch && leads(one)) ?? earlier.find((one) => !one.branch);
}

/** Stages that fill this field. */
export const filling = (script, field) => (script?.stages ?? []).filter((stage) => stage.fields.includes(field));
