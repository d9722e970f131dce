"""The app. Only here is Textual imported."""
