"""Whether a task's sequences are long enough for what must stand in each of them."""

from mtl.data.features.template import Template
from mtl.errors import UserError
from mtl.tasks.task import Task


def check_room(task: Task, template: Template) -> None:
    """Refuse a `max_length` that leaves no room for text, or windows no way to move on."""
    if task.kind == "span":
        least = template.pair_specials + task.max_question + task.stride + 1
        why = f" beside a question of {task.max_question} and a stride of {task.stride}"
    elif task.kind == "embed":
        least, why = template.single_specials + 1, ""
        if task.max_question < least:
            raise UserError(_no_room(task, "max_question", least, why))
    else:
        least, why = template.pair_specials + 2, ""
    if task.max_length < least:
        raise UserError(_no_room(task, "max_length", least, why))


def _no_room(task: Task, key: str, least: int, why: str) -> str:
    return (
        f"tasks.{task.name}.{key}: {getattr(task, key)} tokens leave no room for text{why}; "
        f"set tasks.{task.name}.{key}={least} or more"
    )
