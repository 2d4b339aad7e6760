"""`python -m asr_qa` is `asr-qa`."""

from asr_qa.cli import main

if __name__ == "__main__":
    main()
