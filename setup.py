"""What gets installed, and what it needs; constraints.txt has the exact versions that are tested."""

from setuptools import find_packages, setup

setup(
    name="mtl",
    version="0.1.0",
    description="Multi-task training of multilingual encoders with ZeRO sharding, and zero-shot evaluation",
    packages=find_packages(include=["mtl", "mtl.*"]),
    package_data={"mtl": ("*.tsv",), "mtl.report": ("*.json", "*.css"), "mtl.study.page": ("*.css",)},
    python_requires=">=3.11",
    install_requires=[
        "deepspeed>=0.19.8",
        "torch>=2.11",
        "transformers>=5.17",
        "datasets>=5",
        "sentencepiece",
        "numpy",
        "tensorboard",
        "pydantic>=2",
        "pyyaml",
        "filelock",
        "rich",
        "safetensors",
        "pyarrow",
        "psutil",
        "pillow",
        "scipy",
    ],
    extras_require={
        "test": ["pytest", "pytest-xdist", "hypothesis", "ruff", "mypy", "accelerate"],
        "bench": ["faiss-cpu", "sentence-transformers"],
    },
)
