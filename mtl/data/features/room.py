"""Whether a task's sequences are long enough for what must stand in each of them."""

from mtl.data.features.template import Template
from mtl.errors import UserError
from mtl.tasks.task import Task


def check_room(task: Task, template: Template) -> None:
    """Refuse a `max_length` that leaves no room for text, or windows no way to move on."""
    if task.kind == "span":
        least = template.pair_specials + task.max_question + task.stride + 1
        why = f" beside a question of {task.max_question} and a stride of {task.stride}"
    else:
        least, why = template.pair_specials + 2, ""
    if task.max_length < least:
        raise UserError(
            f"tasks.{task.name}.max_length: {task.max_length} tokens leave no room for text{why}; "
            f"set tasks.{task.name}.max_length={least} or more"
        )
